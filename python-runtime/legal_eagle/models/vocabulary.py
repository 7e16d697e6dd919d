"""Whether a tokenizer belongs to a checkpoint."""

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.tokenizer import ChatTokenizer


def check_vocabulary(vocab_size: int, tokenizer: ChatTokenizer) -> None:
    """Raises JobError `model.vocabulary_too_large` where the tokenizer has ids without an embedding,
    as after tokens were added without enlarging the weights."""
    if tokenizer.vocab_size > vocab_size:
        raise JobError(
            "model.vocabulary_too_large",
            f"{tokenizer.vocab_size} tokens for {vocab_size} embeddings.",
            params={"tokens": tokenizer.vocab_size, "vocabulary": vocab_size},
        )
