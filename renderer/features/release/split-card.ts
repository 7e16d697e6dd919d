const FRONT = /^---\n([\s\S]*?)\n---\n?/u;

/** A card's front matter, which hubs read, and its text, which people read. */
export function splitCard(readme: string): Readonly<{ frontMatter: string; body: string }> {
  const match = FRONT.exec(readme);
  return match === null
    ? { frontMatter: '', body: readme }
    : { frontMatter: match[1] ?? '', body: readme.slice(match[0].length) };
}
