import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runtimeFolder } from '../../../electron/core/runtime/runtime-paths.ts';
import { accessibilityFaults } from './accessibility.ts';
import { callFromPage } from './page-calls.ts';
import { TEST_PYTHON } from '../../helpers/job-harness.ts';
import { ggufBytes, writeAdapter, writeForeignModel } from '../../helpers/model-files.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { repositoryRoot } from '../../helpers/studio-cli.ts';

const WAIT_MS = 60_000;
const TINY = path.join(repositoryRoot, 'resources/tiny-model');
const SNAPSHOT = '.cache/huggingface/hub/models--internlm--internlm2-chat-1_8b/snapshots/3b6cf0dd';

/** The tiny model as older tools saved it: weights by torch.save, no safetensors. */
function writePickledModel(folder: string): void {
  cpSync(TINY, folder, { recursive: true });
  const script = `
import sys
from pathlib import Path
import torch
from safetensors.torch import load_file
folder = Path(sys.argv[1])
torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
(folder / "model.safetensors").unlink()
`;
  execFileSync(TEST_PYTHON, ['-c', script, folder]);
}

describe('the Models screen', { timeout: 150_000, retry: 1 }, () => {
  let studio: StudioBrowser;
  let page: Page;
  let home: string;

  beforeAll(async () => {
    home = mkdtempSync(path.join(tmpdir(), 'models browser '));
    mkdirSync(path.join(home, 'models'));
    mkdirSync(path.join(home, path.dirname(SNAPSHOT)), { recursive: true });
    cpSync(TINY, path.join(home, SNAPSHOT), { recursive: true });
    studio = await openStudioBrowser({
      language: 'en',
      grant: [path.join(home, '.cache'), path.join(home, 'models'), repositoryRoot],
      // Without its place the environment would be sought below the new home, and installed there.
      variables: {
        HOME: home,
        OLLAMA_MODELS: '/nowhere/ollama',
        LEGAL_EAGLE_RUNTIME: runtimeFolder(process.platform, process.env, homedir()),
      },
    });
    ({ page } = studio);
    page.setDefaultTimeout(WAIT_MS);
  });

  afterAll(async () => {
    await studio.close();
    rmSync(home, { recursive: true, force: true });
  });

  const go = async (route: string): Promise<void> => {
    await page.goto(new URL(`#${route}`, page.url()).href);
  };
  const faultless = async (): Promise<void> => expect((await accessibilityFaults(page)).join('\n')).toBe('');

  it('is reached by its key, and leads from nothing to the catalogue with what fits this rig', async () => {
    await page.getByRole('navigation').waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('m');
    await page.getByText(/are listed here/u).waitFor();
    await faultless();
    await page.getByRole('button', { name: 'Get a model' }).click();
    const row = page.getByRole('row', { name: /^InternLM2-chat-1\.8B/u });
    await row.waitFor();
    expect(await row.innerText()).toMatch(/Fits|Does not fit/u);
    await page.getByRole('textbox', { name: 'Model id' }).fill('not an id');
    await page.getByRole('button', { name: 'Download', exact: true }).first().click();
    await page.getByRole('alert').getByText('owner/name').waitFor();
    await faultless();
  });

  it('adds a model of a cache where it lies, and says of another place that it is not granted', async () => {
    await go('/models?tab=caches');
    const add = page.getByRole('button', { name: 'Add: internlm2-chat-1_8b' });
    const show = page.getByRole('button', { name: 'Show: internlm2-chat-1_8b' });
    await add.or(show).waitFor();
    // A second try of this test meets what the first has added.
    if (await add.isVisible()) await add.click();
    await show.waitFor();
    // Ollama's place lies outside what this browser was granted.
    await page.getByText('server.path_refused').waitFor();
    await faultless();
    await show.click();
    await page.getByText('Hugging Face · internlm/internlm2-chat-1_8b@3b6cf0dd').waitFor();
    await page.getByRole('button', { name: 'Train on it' }).waitFor();
    await faultless();
  });

  // Would catch a conversion that ends without the page learning of it, and one that the person must add by hand.
  it('converts pickled weights where they lie, and has the model at once', async () => {
    // A second try finds no folder that the first has converted.
    const folder = path.join(mkdtempSync(path.join(home, 'models', 'old ')), 'law-pickle');
    writePickledModel(folder);
    await go('/models');
    await page.getByRole('button', { name: 'Add from this rig' }).click();
    await page.getByRole('textbox', { name: 'Folder or file' }).fill(folder);
    await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click();
    const convert = page.getByRole('button', { name: 'Convert safely and add' });
    await convert.waitFor();
    await faultless();
    await convert.click();
    await page.getByRole('heading', { name: 'law-pickle' }).waitFor();
    await page.getByRole('button', { name: 'Train on it' }).waitFor();
    await page.getByRole('gridcell', { name: 'law-pickle', exact: true }).waitFor();
    expect(existsSync(path.join(folder, 'pytorch_model.bin'))).toBe(true);
    expect(existsSync(path.join(folder, 'model.safetensors'))).toBe(true);
  });

  // Would catch a template's text that becomes part of the page, and a sample whose mask is not the run's.
  it('shows what a template of its own writes, with what is learned, and runs nothing of it', async () => {
    const folder = path.join(mkdtempSync(path.join(home, 'models', 'old ')), 'own-template');
    cpSync(TINY, folder, { recursive: true });
    const hostile = '<img src=x onerror="window.ran=1">';
    writeFileSync(
      path.join(folder, 'chat_template.jinja'),
      `{% for m in messages %}${hostile}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}` +
        `{% if add_generation_prompt %}${hostile}<|im_start|>assistant\n{% endif %}`,
    );
    const { id } = await callFromPage(page, 'models.add', { path: folder });
    await go(`/models?model=${id}`);
    await page.getByRole('button', { name: 'Chat template' }).click();
    await page.getByText('Its own: none of the studio’s.').waitFor();
    const learned = await page.locator('pre mark').allInnerTexts();
    expect(learned).toEqual(['不得超过六个月。', '<|im_end|>', '《劳动合同法》第十九条。', '<|im_end|>']);
    expect(await page.getByLabel('Sample chat').innerText()).toContain(hostile);
    expect(await page.evaluate(() => 'ran' in window)).toBe(false);
    await faultless();
    // The same page after the files have changed: another look, not the former answer.
    writeFileSync(path.join(folder, 'chat_template.jinja'), '{{ messages[-1].content }}<|im_end|>');
    await page.getByRole('button', { name: 'Chat template' }).click();
    await page.getByRole('button', { name: 'Chat template' }).click();
    await page.getByText(/does not write what was said/u).waitFor();
  });

  // Would catch records that change while nobody has asked: the list would stay as it was until a reload.
  it('lists a model whose conversion another page has asked for', async () => {
    const folder = path.join(mkdtempSync(path.join(home, 'models', 'old ')), 'quiet-pickle');
    writePickledModel(folder);
    await go('/models');
    await page.getByRole('textbox', { name: /Find by name/u }).fill('quiet-pickle');
    await page.getByText('No model matches.').waitFor();
    await callFromPage(page, 'models.convert', { path: folder, add: true });
    await page.getByRole('gridcell', { name: 'quiet-pickle', exact: true }).waitFor();
    await page.getByRole('textbox', { name: /Find by name/u }).fill('');
  });

  it('shows what each is and why not, finds and filters them, and removes a record without its files', async () => {
    const folder = path.join(home, 'models');
    writeForeignModel(path.join(folder, 'foreign'));
    writeAdapter(path.join(folder, 'law-lora'), { base_model_name_or_path: 'nobody/none' });
    writeFileSync(path.join(folder, 'answers.gguf'), ggufBytes({ 'general.architecture': 'llama' }));
    await go('/models');
    await page.getByRole('button', { name: 'Add from this rig' }).click();
    await page.getByRole('textbox', { name: 'Folder or file' }).fill(path.join(folder, 'foreign'));
    await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('The architecture GPT2LMHeadModel is not supported.').waitFor();
    for (const name of ['law-lora', 'answers.gguf'])
      await callFromPage(page, 'models.add', { path: path.join(folder, name) });
    await go('/models');
    await page.reload();
    await page.getByRole('gridcell', { name: 'Base is missing' }).waitFor();
    await page.getByRole('gridcell', { name: 'For answering only' }).waitFor();

    await page.getByRole('textbox', { name: /Find by name/u }).fill('gpt2');
    await page.getByText('1 model', { exact: true }).waitFor();
    await page.getByRole('gridcell', { name: 'foreign', exact: true }).click();
    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('No model matches.').waitFor();
    expect(existsSync(path.join(folder, 'foreign', 'config.json'))).toBe(true);
    expect(studio.complaints).toEqual([]);
  });
});
