/** What stands in place of a secret. `legal_eagle/jobs/redaction.py` writes the same. */
const REDACTED = '[redacted]';

/** A text shorter than this would be cut out of words that have nothing to do with it. */
const SHORTEST_KNOWN = 8;

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** Between a key and its value in headers, cookies, queries and JSON, whole or quoted once more. */
const JOINT = String.raw`(?:["'\\]*\s*(?:[:=]|%3D)\s*["'\\]*|\s+)`;

/**
 * Secrets as the hubs form them; the golden cases of test/fixtures/redaction hold for both languages. Order matters:
 * whole forms first, then what follows a telling key.
 */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [new RegExp(String.raw`\bms-${UUID}`, 'giu'), REDACTED],
  [/\bhf_(?:[a-z]{2,8}_)?[A-Za-z0-9]{16,}(?:\.[A-Za-z0-9_-]+)*/gu, REDACTED],
  [/(\boauth2:)[^@\s/"'\\]+(?=@)/giu, `$1${REDACTED}`],
  [/(:\/\/[^\s:/@"'\\]+:)[^\s/@"'\\]+(?=@)/gu, `$1${REDACTED}`],
  [
    /((?:[?&;]|\\u0026)(?:Signature|Expires|sig|OSSAccessKeyId|AWSAccessKeyId|Key-Pair-Id|Policy|auth_key|security-token|x-(?:oss|amz|cos)-[a-z-]+)=)[^&\s"'<>\\]+/giu,
    `$1${REDACTED}`,
  ],
  [
    new RegExp(String.raw`(\b(?:Bearer|Basic)\s+)(?=[A-Za-z0-9._~+/=-]*\d)[A-Za-z0-9._~+/=-]{16,}`, 'giu'),
    `$1${REDACTED}`,
  ],
  [
    new RegExp(
      String.raw`(\b(?:Access[_-]?Token|m_session_id|modelscope_session|git_token|private_token)${JOINT})(?=[A-Za-z0-9._~+/=%-]*\d)[A-Za-z0-9._~+/=%-]{16,}`,
      'giu',
    ),
    `$1${REDACTED}`,
  ],
  [new RegExp(String.raw`(\b(?:Bearer|token)${JOINT})${UUID}`, 'giu'), `$1${REDACTED}`],
];

/** The text without secrets: those of the known forms, and `known` ones whatever their form. */
export function redact(text: string, known: Iterable<string> = []): string {
  let clean = text;
  for (const secret of known) if (secret.length >= SHORTEST_KNOWN) clean = clean.replaceAll(secret, REDACTED);
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
  return clean;
}

/** The same value with every text in it redacted; the value itself where there was nothing to take out. */
export function redactValue<Value>(value: Value, clean: (text: string) => string = redact): Value {
  return redactAny(value, clean) as Value;
}

function redactAny(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === 'string') return clean(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const cleaned = items.map((item) => redactAny(item, clean));
    return cleaned.some((item, at) => item !== items[at]) ? cleaned : value;
  }
  const entries = Object.entries(value);
  const cleaned = entries.map(([key, item]) => [key, redactAny(item, clean)] as const);
  return cleaned.some(([, item], at) => item !== entries[at]?.[1]) ? Object.fromEntries(cleaned) : value;
}
