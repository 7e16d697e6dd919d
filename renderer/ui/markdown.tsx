import type { ReactElement } from 'react';
import ReactMarkdown from 'react-markdown';
import rehypeSanitize from 'rehype-sanitize';
import remarkGfm from 'remark-gfm';

import classes from './markdown.module.css';

/**
 * A model's answer. No address in it is ever fetched or followed by itself: pictures are dropped, and a link is
 * shown with where it leads.
 */
export function Markdown({ text }: Readonly<{ text: string }>): ReactElement {
  return (
    <div className={classes['markdown']}>
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        rehypePlugins={[rehypeSanitize]}
        disallowedElements={['img']}
        components={{
          a: ({ href, children }) => (
            <span title={href}>
              {children}
              {href !== undefined && <code>{` ${href}`}</code>}
            </span>
          ),
        }}
      >
        {text}
      </ReactMarkdown>
    </div>
  );
}
