/**
 * The page's policy lets no string become markup or script. React creates its elements through `innerHTML` of
 * plain names in places, so one default policy lets pass what contains no `<`; everything else is refused.
 * Imported before React.
 */
type PolicyRules = Readonly<{
  createHTML: (text: string) => string | null;
  createScriptURL: () => null;
  createScript: () => null;
}>;
type PolicyFactory = Readonly<{ createPolicy: (name: string, rules: PolicyRules) => unknown }>;

const factory = (window as unknown as { trustedTypes?: PolicyFactory }).trustedTypes;

factory?.createPolicy('default', {
  createHTML: (text) => (text.includes('<') ? null : text),
  createScriptURL: () => null,
  createScript: () => null,
});
