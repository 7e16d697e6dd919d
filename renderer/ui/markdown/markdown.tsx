import { Fragment, memo, useMemo, type ReactElement } from 'react';

import { CopyTextButton } from '../copy-text-button.tsx';
import { blocksOf, type Block } from './blocks.ts';
import { inlineOf, type Inline } from './inline.ts';
import classes from './markdown.module.css';

/** Lists and quotes hold blocks; a deeper one is shown as text. */
const DEEPEST = 6;

/** Markdown as elements: no HTML of the text is ever one, and links are shown, not followed. */
export function Markdown({ text, depth = 0 }: Readonly<{ text: string; depth?: number }>): ReactElement {
  const blocks = useMemo(() => blocksOf(text), [text]);
  return (
    <div className={classes['markdown']}>
      {blocks.map((block, index) => (
        <BlockView key={index} block={block} depth={depth} />
      ))}
    </div>
  );
}

type BlockProps = Readonly<{ block: Block; depth: number }>;

/** While a text grows, only its last block changes. */
const BlockView = memo(
  ({ block, depth }: BlockProps): ReactElement => {
    switch (block.kind) {
      case 'paragraph':
        return (
          <p>
            <Marked text={block.text} />
          </p>
        );
      case 'heading':
        return (
          // Not a heading of the page: an answer would break its outline.
          <p className={classes['heading']} data-level={block.level}>
            <Marked text={block.text} />
          </p>
        );
      case 'code':
        return <CodeBlock block={block} />;
      case 'rule':
        return <hr />;
      case 'quote':
        return (
          <blockquote>
            <Inside text={block.text} depth={depth} />
          </blockquote>
        );
      case 'list':
        return <ListBlock block={block} depth={depth} />;
      case 'table':
        return <TableBlock block={block} />;
    }
  },
  (before, after) =>
    before.depth === after.depth && JSON.stringify(before.block) === JSON.stringify(after.block),
);
BlockView.displayName = 'BlockView';

function Inside({ text, depth }: Readonly<{ text: string; depth: number }>): ReactElement {
  return depth >= DEEPEST ? <Marked text={text} /> : <Markdown text={text} depth={depth + 1} />;
}

function CodeBlock({ block }: Readonly<{ block: Extract<Block, { kind: 'code' }> }>): ReactElement {
  return (
    <div className={classes['code']}>
      <div className={classes['codeBar']}>
        <span>{block.language}</span>
        {block.isClosed && <CopyTextButton text={block.text} />}
      </div>
      <pre tabIndex={0}>
        <code>{block.text}</code>
      </pre>
    </div>
  );
}

function ListBlock({
  block,
  depth,
}: Readonly<{ block: Extract<Block, { kind: 'list' }>; depth: number }>): ReactElement {
  const items = block.items.map((item, index) => (
    <li key={index}>
      <Inside text={item} depth={depth} />
    </li>
  ));
  return block.start === undefined ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
}

function TableBlock({ block }: Readonly<{ block: Extract<Block, { kind: 'table' }> }>): ReactElement {
  return (
    <div className={classes['table']} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {block.head.map((cell, index) => (
              <th key={index}>
                <Marked text={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {block.rows.map((row, at) => (
            <tr key={at}>
              {row.map((cell, index) => (
                <td key={index}>
                  <Marked text={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Marked({ text }: Readonly<{ text: string }>): ReactElement {
  return <Pieces pieces={inlineOf(text)} />;
}

function Pieces({ pieces }: Readonly<{ pieces: readonly Inline[] }>): ReactElement {
  return (
    <>
      {pieces.map((piece, index) => (
        <Fragment key={index}>
          <Piece piece={piece} />
        </Fragment>
      ))}
    </>
  );
}

function Piece({ piece }: Readonly<{ piece: Inline }>): ReactElement | string {
  switch (piece.kind) {
    case 'text':
      return piece.text;
    case 'code':
      return <code>{piece.text}</code>;
    case 'strong':
      return (
        <strong>
          <Pieces pieces={piece.inside} />
        </strong>
      );
    case 'emphasis':
      return (
        <em>
          <Pieces pieces={piece.inside} />
        </em>
      );
    case 'strike':
      return (
        <s>
          <Pieces pieces={piece.inside} />
        </s>
      );
    case 'link':
      return piece.label === piece.address || piece.label === '' ? (
        piece.address
      ) : (
        <>
          {piece.label} <span className={classes['address']}>({piece.address})</span>
        </>
      );
  }
}
