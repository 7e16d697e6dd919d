/** What Safari calls the Enter that ends a composition, which it has by then ended. */
const COMPOSING_KEY_CODE = 229;

type Key = Readonly<{ key: string; keyCode: number; shiftKey: boolean; isComposing: boolean }>;

/** Whether a key sends the question. The Enter of an input method chooses a word; it is not for the page. */
export const isSendKey = ({ key, keyCode, shiftKey, isComposing }: Key): boolean =>
  key === 'Enter' && !shiftKey && !isComposing && keyCode !== COMPOSING_KEY_CODE;
