/** The hubs that the studio can hold an account of. */
export const HUBS = ['modelscope', 'huggingface'] as const;
export type Hub = (typeof HUBS)[number];

/** Origins a hub's token may go to without asking; the first is where an account belongs by default. */
export const HUB_ORIGINS: Readonly<Record<Hub, readonly [string, ...string[]]>> = {
  modelscope: ['https://modelscope.cn', 'https://www.modelscope.ai'],
  huggingface: ['https://huggingface.co'],
};

/** Whether a hub's token may go to this origin without a person's word for it. */
export const isHubOrigin = (hub: Hub, origin: string): boolean => HUB_ORIGINS[hub].includes(origin);

/** Where a person makes and revokes tokens, on the site of an origin. */
const TOKEN_PAGES: Readonly<Record<Hub, string>> = {
  modelscope: '/my/myaccesstoken',
  huggingface: '/settings/tokens',
};

export const tokenPageOf = (hub: Hub, origin: string): string => `${origin}${TOKEN_PAGES[hub]}`;
