"""Whether a tokenizer belongs to a checkpoint."""

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.config import ModelConfig
from legal_eagle.models.tokenizer import ChatTokenizer


def check_vocabulary(config: ModelConfig, tokenizer: ChatTokenizer) -> None:
    """Raises JobError `model.vocabulary_too_large` where the tokenizer has ids without an embedding,
    as after tokens were added without enlarging the weights."""
    if tokenizer.vocab_size > config.vocab_size:
        raise JobError(
            "model.vocabulary_too_large",
            f"{tokenizer.vocab_size} tokens for {config.vocab_size} embeddings.",
            params={"tokens": tokenizer.vocab_size, "vocabulary": config.vocab_size},
        )
