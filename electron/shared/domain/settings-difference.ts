/** One setting of several recipes; `values[i]` is that of the i-th, undefined where it has none. */
export type SettingRow = Readonly<{ path: string; values: readonly unknown[] }>;

/** What names or places a run rather than deciding what it learns. */
const IDENTITY_PATHS: ReadonlySet<string> = new Set(['name', 'version']);

/** Every leaf of the recipes in the order in which they name it; lists are leaves. */
export function settingRows(recipes: readonly object[]): readonly SettingRow[] {
  const leaves = recipes.map((recipe) => new Map(leavesOf(recipe, '')));
  const paths = new Set(leaves.flatMap((one) => [...one.keys()]));
  return [...paths].map((path) => ({ path, values: leaves.map((one) => one.get(path)) }));
}

/** The settings in which the recipes are not all alike, without their names. */
export function settingsDifference(recipes: readonly object[]): readonly SettingRow[] {
  return settingRows(recipes).filter(
    ({ path, values }) => !IDENTITY_PATHS.has(path) && values.some((value) => !isSame(value, values[0])),
  );
}

/** Whether two leaf values are the same setting. */
export function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function leavesOf(value: object, prefix: string): [string, unknown][] {
  return Object.entries(value).flatMap(([key, child]: [string, unknown]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return isBranch(child) ? leavesOf(child, path) : [[path, child] as [string, unknown]];
  });
}

function isBranch(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
