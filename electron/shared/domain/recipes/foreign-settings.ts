/** One setting of another tool as it was written: `--name value`, `name: value`. A bare flag has the value `true`. */
export type ForeignSetting = Readonly<{ name: string; value: string }>;

const YAML_LINE = /^\s*["']?([A-Za-z_][\w.-]*)["']?\s*:(?:\s+(.*))?$/u;
const SHELL_WORD = /"((?:[^"\\]|\\.)*)"|'([^']*)'|((?:[^\s"'\\]|\\.)+)/gu;

/**
 * The settings of a train command (shell, with line continuations and quotes) or of a flat YAML or JSON file, in
 * the order in which they stand. A setting that is written twice counts as last written.
 */
export function readForeignSettings(text: string): readonly ForeignSetting[] {
  const joined = text.replaceAll(/\\\r?\n/gu, ' ');
  const settings = /(^|\s)--[A-Za-z]/u.test(joined) ? fromCommand(joined) : fromYaml(text);
  return [...new Map(settings.map((setting) => [setting.name, setting])).values()];
}

function fromCommand(text: string): readonly ForeignSetting[] {
  // A comment runs to the end of its line; what is piped or redirected afterwards is not the tool's.
  const lines = text.split('\n').map((line) => line.replace(/(^|\s)#.*$/u, ''));
  const words = [...lines.join(' ').matchAll(SHELL_WORD)].map(
    ([, double, single, bare]) => single ?? (double ?? bare ?? '').replaceAll(/\\(.)/gu, '$1'),
  );
  const settings: ForeignSetting[] = [];
  let open: Readonly<{ name: string; values: string[] }> | undefined;
  const close = (): void => {
    if (open !== undefined) settings.push({ name: open.name, value: open.values.join(' ') || 'true' });
    open = undefined;
  };
  for (const word of words) {
    if (/^(?:\||>|>>|2>&1|&|&&|;)/u.test(word)) break;
    const flag = /^--([A-Za-z][\w.-]*)(?:=(.*))?$/su.exec(word);
    if (flag === null) {
      // A launcher's last flag stands before the script.
      if (!word.endsWith('.py')) open?.values.push(word);
      continue;
    }
    close();
    const [, name = '', value] = flag;
    open = { name: name.replaceAll('-', '_'), values: value === undefined ? [] : [value] };
  }
  close();
  return settings;
}

function fromYaml(text: string): readonly ForeignSetting[] {
  return text
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/u, '').replace(/,\s*$/u, ''))
    .flatMap((line): readonly ForeignSetting[] => {
      const [, name, value] = YAML_LINE.exec(line) ?? [];
      if (name === undefined || value === undefined || value.trim() === '') return [];
      return [{ name, value: value.trim().replace(/^(["'])(.*)\1$/u, '$2') }];
    });
}
