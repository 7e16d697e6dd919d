/**
 * How much a licence lets others do, from most to least. `unknown` stands last: what nobody can name permits nothing.
 */
const FREEDOMS = [
  'public-domain',
  'permissive',
  'weak-copyleft',
  'copyleft',
  'model-terms',
  'no-derivatives',
  'non-commercial',
  'unknown',
] as const;
type Freedom = (typeof FREEDOMS)[number];

export type Licence = Readonly<{
  /** Lower-case identifier as Hugging Face lists it; SPDX's where SPDX has one. */
  id: string;
  /** As ModelScope's documentation spells it; undefined where its list has not got it. */
  modelScopeName?: string;
  /** The words of people. */
  title: string;
  freedom: Freedom;
}>;

const KNOWN: readonly Licence[] = [
  {
    id: 'apache-2.0',
    modelScopeName: 'Apache License 2.0',
    title: 'Apache License 2.0',
    freedom: 'permissive',
  },
  { id: 'mit', modelScopeName: 'MIT License', title: 'MIT License', freedom: 'permissive' },
  { id: 'bsd-2-clause', title: 'BSD 2-Clause License', freedom: 'permissive' },
  { id: 'bsd-3-clause', title: 'BSD 3-Clause License', freedom: 'permissive' },
  { id: 'isc', title: 'ISC License', freedom: 'permissive' },
  { id: 'afl-3.0', modelScopeName: 'AFL-3.0', title: 'Academic Free License 3.0', freedom: 'permissive' },
  {
    id: 'ecl-2.0',
    modelScopeName: 'ECL-2.0',
    title: 'Educational Community License 2.0',
    freedom: 'permissive',
  },
  { id: 'cc-by-4.0', modelScopeName: 'CC-BY-4.0', title: 'CC BY 4.0', freedom: 'permissive' },
  { id: 'cc-by-3.0', title: 'CC BY 3.0', freedom: 'permissive' },
  { id: 'cc0-1.0', title: 'CC0 1.0', freedom: 'public-domain' },
  { id: 'unlicense', title: 'The Unlicense', freedom: 'public-domain' },
  { id: 'lgpl-2.1', modelScopeName: 'LGPL-2.1', title: 'LGPL 2.1', freedom: 'weak-copyleft' },
  { id: 'lgpl-3.0', modelScopeName: 'LGPL-3.0', title: 'LGPL 3.0', freedom: 'weak-copyleft' },
  { id: 'mpl-2.0', title: 'Mozilla Public License 2.0', freedom: 'weak-copyleft' },
  { id: 'gpl-2.0', modelScopeName: 'GPL-2.0', title: 'GPL 2.0', freedom: 'copyleft' },
  { id: 'gpl-3.0', modelScopeName: 'GPL-3.0', title: 'GPL 3.0', freedom: 'copyleft' },
  { id: 'agpl-3.0', title: 'AGPL 3.0', freedom: 'copyleft' },
  { id: 'cc-by-sa-4.0', title: 'CC BY-SA 4.0', freedom: 'copyleft' },
  { id: 'llama2', title: 'Llama 2 Community License', freedom: 'model-terms' },
  { id: 'llama3', title: 'Llama 3 Community License', freedom: 'model-terms' },
  { id: 'llama3.1', title: 'Llama 3.1 Community License', freedom: 'model-terms' },
  { id: 'llama3.2', title: 'Llama 3.2 Community License', freedom: 'model-terms' },
  { id: 'llama3.3', title: 'Llama 3.3 Community License', freedom: 'model-terms' },
  { id: 'gemma', title: 'Gemma Terms of Use', freedom: 'model-terms' },
  { id: 'openrail', title: 'OpenRAIL', freedom: 'model-terms' },
  { id: 'creativeml-openrail-m', title: 'CreativeML OpenRAIL-M', freedom: 'model-terms' },
  { id: 'tongyi-qianwen', title: 'Tongyi Qianwen License', freedom: 'model-terms' },
  { id: 'cc-by-nd-4.0', title: 'CC BY-ND 4.0', freedom: 'no-derivatives' },
  { id: 'cc-by-nc-4.0', title: 'CC BY-NC 4.0', freedom: 'non-commercial' },
  { id: 'cc-by-nc-sa-4.0', title: 'CC BY-NC-SA 4.0', freedom: 'non-commercial' },
  {
    id: 'cc-by-nc-nd-4.0',
    modelScopeName: 'CC-BY-NC-ND',
    title: 'CC BY-NC-ND 4.0',
    freedom: 'non-commercial',
  },
  { id: 'qwen-research', title: 'Qwen Research License', freedom: 'non-commercial' },
];

/** Licences that Hugging Face takes as `license:`; the rest is `other` with its name beside it. */
const NOT_ON_HUGGINGFACE: ReadonlySet<string> = new Set(['tongyi-qianwen', 'qwen-research']);

/** Other spellings that cards of bases and data sets use. */
const SPELLINGS: Readonly<Record<string, string>> = {
  'apache license 2.0': 'apache-2.0',
  'apache license version 2.0': 'apache-2.0',
  'apache license, version 2.0': 'apache-2.0',
  'apache-2': 'apache-2.0',
  'apache 2.0': 'apache-2.0',
  'mit license': 'mit',
  'cc-by-nc-nd': 'cc-by-nc-nd-4.0',
  'cc-by-nc': 'cc-by-nc-4.0',
  'cc-by-nc-sa': 'cc-by-nc-sa-4.0',
  'cc-by-sa': 'cc-by-sa-4.0',
  'cc-by': 'cc-by-4.0',
  cc0: 'cc0-1.0',
  'gpl-3.0-only': 'gpl-3.0',
  'gpl-3.0-or-later': 'gpl-3.0',
  'gpl-2.0-only': 'gpl-2.0',
  'gpl-2.0-or-later': 'gpl-2.0',
  'agpl-3.0-only': 'agpl-3.0',
  'agpl-3.0-or-later': 'agpl-3.0',
};

/** What a person can choose by name; anything else is written as they spell it and claims nothing. */
export const KNOWN_LICENCES: readonly Licence[] = KNOWN;

/** The licence behind a spelling; one of unknown freedom where nobody knows it. */
export function licenceOf(stated: string): Licence {
  const spelt = stated.trim().toLowerCase().replace(/\s+/gu, ' ');
  const id = SPELLINGS[spelt] ?? spelt;
  const known = KNOWN.find((one) => one.id === id);
  if (known !== undefined) return known;
  // A name that forbids commerce says so, whoever wrote it.
  const forbids = /(^|[-\s_])nc([-\s_]|$)|non-?commercial|research|非商/u.test(spelt);
  return { id: spelt, title: stated.trim(), freedom: forbids ? 'non-commercial' : 'unknown' };
}

/** Whether the first permits more than the second; between two of one kind there is no order. */
export function isFreer(one: Licence, other: Licence): boolean {
  return FREEDOMS.indexOf(one.freedom) < FREEDOMS.indexOf(other.freedom);
}

/** Whether anybody may use it in a business without asking. */
export function allowsCommerce({ freedom }: Licence): boolean {
  return freedom !== 'unknown' && freedom !== 'non-commercial' && freedom !== 'no-derivatives';
}

/** Whether `license:` of Hugging Face has a word for it. */
export function isOnHuggingFace({ id }: Licence): boolean {
  return KNOWN.some((one) => one.id === id) && !NOT_ON_HUGGINGFACE.has(id);
}
