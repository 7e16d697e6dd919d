import { describeError } from '../../../electron/shared/contract/errors/index.ts';

/** A reason without its particulars, which stand with the rows: `field` in place of the field's name. */
export function shortReason(code: string, field: string, language: 'en' | 'zh'): string {
  const { message } = describeError({ code, params: { key: field, detail: '…' } }, language);
  // A name is set off from Chinese by spaces, a Chinese word is not.
  return message.replace(/[。.]$/u, '').replaceAll(/(?<=\p{Script=Han}) (?=\p{Script=Han})/gu, '');
}
