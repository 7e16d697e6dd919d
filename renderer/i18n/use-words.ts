import { useCallback } from 'react';

import { useTranslation } from 'react-i18next';

import type { ErrorLanguage } from '../../electron/shared/contract/errors/index.ts';
import type { Language } from './i18n.ts';

/** `t('key')`, `t('rows', { count: 3 })`; a key of another feature is `t('common:close')`. */
export type Words = (key: string, values?: Readonly<Record<string, unknown>>) => string;

/** The words of one feature in the current language. */
export function useWords(feature: string): Words {
  const { t } = useTranslation(feature);
  return useCallback((key, values) => t(key, { ...values }), [t]);
}

export function useLanguage(): Language {
  const { i18n } = useTranslation();
  return i18n.language === 'zh-CN' ? 'zh-CN' : 'en';
}

/** The key of error texts for the current language. */
export function useErrorLanguage(): ErrorLanguage {
  return useLanguage() === 'zh-CN' ? 'zh' : 'en';
}
