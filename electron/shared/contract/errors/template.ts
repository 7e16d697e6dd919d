import type { ErrorTable } from './error-table.ts';

/** Chat templates: which one is used, what keeps a model folder's own from being used, and where two must agree. */
export const TEMPLATE_ERRORS = {
  'model.template_unknown': {
    en: {
      message: 'There is no chat template named {template}.',
      cause: 'The name is not one of the studio’s templates.',
      action: 'Choose one of the templates in the list.',
    },
    zh: {
      message: '没有名为 {template} 的对话模板。',
      cause: '该名称不在本程序的模板之列。',
      action: '请从列表中选择模板。',
    },
  },
  'model.template_undetected': {
    en: {
      message: 'No known chat template fits {folder}.',
      cause:
        'Its tokenizer has the control tokens of no template that the studio knows (ChatML, InternLM, Llama 3, Mistral, Gemma, Phi); with a wrong template the model would learn a format it has never seen.',
      action: 'Choose a chat model of one of these families, or name the template in the recipe.',
    },
    zh: {
      message: '没有适合 {folder} 的已知对话模板。',
      cause:
        '其分词器没有本程序已知模板（ChatML、InternLM、Llama 3、Mistral、Gemma、Phi）的控制词元；模板不对会让模型学习从未见过的格式。',
      action: '请选择上述系列的对话模型，或在训练方案中指定对话模板。',
    },
  },
  'model.template_role': {
    en: {
      message: 'The role {role} cannot be rendered.',
      cause: 'The templates know the roles system, user and assistant.',
      action: 'Change the role in the data.',
    },
    zh: {
      message: '无法渲染角色 {role}。',
      cause: '模板只支持 system、user 和 assistant 三种角色。',
      action: '请修改数据中的角色。',
    },
  },
  'model.template_absent': {
    en: {
      message: '{folder} has no chat template of its own.',
      cause: 'The recipe asks for the model folder’s template, and none of its files holds one.',
      action: 'Choose the automatic template, or a family’s by name.',
    },
    zh: {
      message: '{folder} 没有自带的对话模板。',
      cause: '训练方案要求使用模型文件夹自带的模板，但其中没有任何文件包含模板。',
      action: '请改选自动，或按名称选择某个系列的对话模板。',
    },
  },
  'model.template_differs': {
    en: {
      message: 'The chat template in {folder} is none of the studio’s.',
      cause:
        '{file} writes chats otherwise than every family that the studio knows. A model learns whatever format it is shown, so this is decided by a person.',
      action:
        'Choose the model’s own template (repository) to train with it as it is, or a family’s by name.',
    },
    zh: {
      message: '{folder} 的对话模板不在本程序的模板之列。',
      cause: '{file} 的写法与本程序已知的所有系列都不同。模型会照着所见的格式学习，因此须由您决定。',
      action: '请选择模型文件夹自带的模板（repository），或按名称选择某个系列的对话模板。',
    },
  },
  'model.template_limits': {
    en: {
      message: 'The chat template in {folder} uses up too much.',
      cause:
        'It runs, writes or is longer than a chat template needs ({found}); it was stopped in its sandbox.',
      action: 'Get the model from its original source, or choose a family’s template by name.',
    },
    zh: {
      message: '{folder} 的对话模板超出了限制。',
      cause: '它的运行、输出或长度超过了对话模板的需要（{found}），已在沙箱中终止。',
      action: '请从原始来源重新获取模型，或按名称选择某个系列的对话模板。',
    },
  },
  'model.template_forbidden': {
    en: {
      message: 'The chat template in {folder} reaches for what no template needs.',
      cause:
        'It asks for other files, for names behind an underscore, or changes what it is given ({found}). Nothing of it was executed outside its sandbox.',
      action: 'Get the model from its original source, or choose a family’s template by name.',
    },
    zh: {
      message: '{folder} 的对话模板试图访问不该访问的内容。',
      cause: '它要读取其他文件、访问下划线开头的名称，或改动传入的内容（{found}）。它没有在沙箱之外执行过。',
      action: '请从原始来源重新获取模型，或按名称选择某个系列的对话模板。',
    },
  },
  'model.template_fails': {
    en: {
      message: 'The chat template in {folder} cannot be rendered.',
      cause: 'It is not valid, or fails while it writes a chat: {found}',
      action: 'Get the model from its original source, or choose a family’s template by name.',
    },
    zh: {
      message: '{folder} 的对话模板无法渲染。',
      cause: '模板无效，或在写出对话时出错：{found}',
      action: '请从原始来源重新获取模型，或按名称选择某个系列的对话模板。',
    },
  },
  'model.template_roles': {
    en: {
      message: 'The chat template in {folder} does not write what was said.',
      cause:
        'It leaves out or repeats messages, or writes questions and answers alike, so it could not be told what is learned.',
      action: 'Choose a family’s template by name.',
    },
    zh: {
      message: '{folder} 的对话模板没有如实写出对话。',
      cause: '它遗漏或重复了消息，或者把提问和回答写成一样，无法判断应学习哪些内容。',
      action: '请按名称选择某个系列的对话模板。',
    },
  },
  'model.template_mask': {
    en: {
      message: 'No loss mask can be derived from the chat template in {folder}.',
      cause:
        'Answers do not begin with its generation prompt or do not end with a control token, or earlier turns change with later ones ({reason}).',
      action: 'Choose a family’s template by name.',
    },
    zh: {
      message: '无法从 {folder} 的对话模板推导损失掩码。',
      cause: '回答不以其生成提示开头或不以控制词元结尾，或者前面的轮次随后面的轮次改变（{reason}）。',
      action: '请按名称选择某个系列的对话模板。',
    },
  },
  'model.template_changed': {
    en: {
      message: 'The recorded chat template {template} is not the one that was trained with.',
      cause:
        'Its content does not have the hash that the record states: the record was altered, or it comes from another version of the studio.',
      action: 'Use the untouched adapter or model folder, or the version of the studio that made it.',
    },
    zh: {
      message: '记录的对话模板 {template} 与训练时不一致。',
      cause: '其内容与记录的哈希不符：记录被改动过，或来自本程序的其他版本。',
      action: '请使用未改动的适配器或模型文件夹，或使用生成它的本程序版本。',
    },
  },
  'model.thinking_unknown': {
    en: {
      message: 'There is no thinking mode named {thinking}.',
      cause: 'The record of these weights comes from another version of the studio, or was altered.',
      action: 'Use the version of the studio that made the weights.',
    },
    zh: {
      message: '没有名为 {thinking} 的思考模式。',
      cause: '这些权重的记录来自本程序的其他版本，或被改动过。',
      action: '请使用生成这些权重的本程序版本。',
    },
  },
  'train.adapter_template': {
    en: {
      message:
        'The adapter {adapter} was trained with template {adapterTemplate} (thinking mode {adapterThinking}), this recipe uses {template} ({thinking}).',
      cause: 'Going on in another format would unlearn what the adapter knows.',
      action: 'Set template and thinking mode to the adapter’s, or start from a fresh adapter.',
    },
    zh: {
      message:
        '适配器 {adapter} 训练时使用对话模板 {adapterTemplate}（思考模式 {adapterThinking}），而当前训练方案使用 {template}（{thinking}）。',
      cause: '换一种格式继续微调，会使适配器忘掉已学的内容。',
      action: '请把对话模板和思考模式设为与该适配器一致，或从新的适配器开始训练。',
    },
  },
} as const satisfies ErrorTable;
