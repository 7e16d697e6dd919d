/** The ranges that resources/protocol/dataset.sql names; the importer spaces the indexed text by the same ones. */
const CJK = /[\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\u{20000}-\u{3ffff}]/gu;

/**
 * An FTS5 query for text that contains `search`: one phrase in which every CJK character is a token of its
 * own, so that 离婚 is found inside longer words. Quotes inside are doubled, so nothing is an operator.
 */
export function fullTextQuery(search: string): string {
  const spaced = search.replaceAll('\0', ' ').replace(CJK, (character) => ` ${character} `);
  return `"${spaced.replaceAll('"', '""').trim()}"`;
}
