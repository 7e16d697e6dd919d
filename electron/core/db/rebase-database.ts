import Database from 'better-sqlite3';

export type Rebase = Readonly<{
  /** A path that stands alone. */
  path: (text: string) => string;
  /** Every path inside a JSON text. */
  json: (text: string) => string;
  /** What a text that may need a change contains. */
  from: string;
}>;

type Column = Readonly<{ name: string; type: string }>;

const isPath = ({ name }: Column): boolean => name === 'dir' || name === 'path' || name.endsWith('_path');

/**
 * Rewrites the paths in a closed copy of the studio's database, in one transaction, and checks the file. Columns of
 * paths are known by their names; in any other column only JSON objects and lists are looked into, so that no name
 * or note of a person's is changed. Throws where the copy is damaged.
 */
export function rebaseDatabase(file: string, rebase: Rebase): void {
  const db = new Database(file, { fileMustExist: true });
  try {
    db.function('rebase_path', { deterministic: true }, (text: unknown) => rebase.path(String(text)));
    db.function('rebase_json', { deterministic: true }, (text: unknown) => rebase.json(String(text)));
    const tables = db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .pluck()
      .all() as string[];
    const inJson = JSON.stringify(rebase.from).slice(1, -1);
    db.transaction(() => {
      for (const table of tables) {
        const columns = (db.pragma(`table_info("${table}")`) as Column[]).filter(
          ({ type }) => type === 'TEXT',
        );
        for (const column of columns) {
          if (isPath(column))
            db.prepare(
              `UPDATE "${table}" SET "${column.name}" = rebase_path("${column.name}") WHERE instr("${column.name}", ?) = 1`,
            ).run(rebase.from);
          else
            db.prepare(
              `UPDATE "${table}" SET "${column.name}" = rebase_json("${column.name}")
               WHERE instr("${column.name}", ?) > 0 AND json_valid("${column.name}")
                 AND json_type("${column.name}") IN ('object', 'array')`,
            ).run(inJson);
        }
      }
    })();
    const answer = db.pragma('integrity_check(1)', { simple: true });
    if (answer !== 'ok') throw new Error(String(answer));
  } finally {
    db.close();
  }
}
