"""What crosses between TypeScript and Python (source: electron/shared/protocol). Standard library only."""

from legal_eagle.protocol.validate import Issue, bundle, parse, schema, validate

PROTOCOL_VERSION: int = bundle()["version"]

__all__ = ["PROTOCOL_VERSION", "Issue", "bundle", "parse", "schema", "validate"]
