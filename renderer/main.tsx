// The policy of the page and zod's setting stand before anything else is so much as loaded: in one file with what
// they are about they would come after the parts that several screens share.
import './app/trusted-types.ts';
import './app/without-eval.ts';

await import('./app/start.tsx');
