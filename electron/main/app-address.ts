/** The origin of the studio's own pages, and the one page that its window shows. */
export const APP_ORIGIN = 'app://studio';
export const APP_PAGE = `${APP_ORIGIN}/`;
