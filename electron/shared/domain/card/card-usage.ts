import { ownRepository, type CardScene } from './card-scene.ts';
import { fill } from './card-words.ts';
import { codeBlock, inlineCode, inlineText } from './markdown-text.ts';

/** What nobody has named yet stands for itself. */
const UNNAMED = 'OWNER/NAME';
/** Architectures that Transformers loads only with code of the model's own. */
const OWN_CODE: ReadonlySet<string> = new Set([
  'InternLMForCausalLM',
  'InternLM2ForCausalLM',
  'InternLM3ForCausalLM',
]);
const OLLAMA_HOSTS = { modelscope: 'modelscope.cn', huggingface: 'hf.co' } as const;

/** How the files are loaded and asked, with the template and the system prompt of the training. */
export function usageSection(scene: CardScene): string {
  const { record, words } = scene;
  const { how } = words;
  const { base, part, template, training } = record;
  const isAdapter = part === 'adapter';
  const needsOwnCode = base.architecture !== undefined && OWN_CODE.has(base.architecture);
  const prompt = training.recipe.systemPrompt;
  return [
    `## ${how.heading}`,
    ...(isAdapter ? [adapterNeeds(scene)] : []),
    ...(part === 'gguf'
      ? gguf(scene)
      : needsOwnCode
        ? [
            fill(how.ownCode, { architecture: base.architecture }),
            `${how.download}\n\n${codeBlock(download(scene), 'python')}`,
          ]
        : [codeBlock(transformers(scene), 'python')]),
    template === undefined ? how.templateUnknown : fill(how.template, { template: plainCode(template) }),
    prompt === null || prompt === '' ? how.noSystem : `${how.system}\n\n${codeBlock(prompt, 'text')}`,
    how.thinking[training.recipe.thinking],
  ].join('\n\n');
}

function adapterNeeds({ join, record: { base }, words: { how } }: CardScene): string {
  const revision = base.revision;
  const needs = fill(how.adapterNeeds, { base: inlineText(base.name) });
  return revision === undefined
    ? needs
    : join([needs, fill(how.adapterRevision, { revision: plainCode(revision) })]);
}

function gguf(scene: CardScene): string[] {
  const { hub, words } = scene;
  const repository = ownRepository(scene) ?? UNNAMED;
  return [
    `${words.how.ollama}\n\n${codeBlock(`ollama run ${OLLAMA_HOSTS[hub]}/${repository}`, 'sh')}`,
    words.how.llamaCpp,
  ];
}

function download(scene: CardScene): string {
  const { hub } = scene;
  const repository = JSON.stringify(ownRepository(scene) ?? UNNAMED);
  const from = hub === 'modelscope' ? 'modelscope' : 'huggingface_hub';
  return [`from ${from} import snapshot_download`, '', `folder = snapshot_download(${repository})`].join(
    '\n',
  );
}

/** The classes of Transformers and PEFT; on ModelScope the folder is fetched first, since they know only their own hub. */
function transformers(scene: CardScene): string {
  const { hub, record, words } = scene;
  const { base, part, training } = record;
  const isAdapter = part === 'adapter';
  const own = JSON.stringify(ownRepository(scene) ?? UNNAMED);
  const baseId = JSON.stringify(base.ids[hub] ?? base.name);
  const place = (id: string): string => (hub === 'modelscope' ? `snapshot_download(${id})` : id);
  const loaded = isAdapter ? place(baseId) : place(own);
  const system = training.recipe.systemPrompt;
  const turns = [
    ...(system === null || system === '' ? [] : [{ role: 'system', content: system }]),
    { role: 'user', content: words.how.question },
  ];
  return [
    ...(hub === 'modelscope' ? ['from modelscope import snapshot_download'] : []),
    ...(isAdapter ? ['from peft import PeftModel'] : []),
    'from transformers import AutoModelForCausalLM, AutoTokenizer',
    '',
    `base = ${loaded}`,
    'tokenizer = AutoTokenizer.from_pretrained(base)',
    'model = AutoModelForCausalLM.from_pretrained(base, dtype="auto", device_map="auto")',
    ...(isAdapter ? [`model = PeftModel.from_pretrained(model, ${place(own)})`] : []),
    '',
    'messages = [',
    ...turns.map(({ role, content }) => `    {"role": "${role}", "content": ${JSON.stringify(content)}},`),
    ']',
    'inputs = tokenizer.apply_chat_template(',
    '    messages, add_generation_prompt=True, return_dict=True, return_tensors="pt"',
    ').to(model.device)',
    'output = model.generate(**inputs, max_new_tokens=512)',
    'print(tokenizer.decode(output[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True))',
  ].join('\n');
}

/** For a sentence that brings its own backticks. */
const plainCode = (value: string): string => inlineCode(value).replace(/^`|`$/gu, '');
