/** What a piece is, by its number in sentencepiece_model.proto. */
export const PIECE_TYPES = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

export type Piece = Readonly<{ text: string; score: number; type: number }>;

/** A piece's id is its place in `pieces`. */
export type SentencepieceModel = Readonly<{
  pieces: readonly Piece[];
  unkId: number;
  /** Why its text is cut otherwise than a byte-fallback BPE on the plain text would; undefined where it is not. */
  obstacle: string | undefined;
}>;

type Field = Readonly<{ number: number; value: number | Uint8Array }>;

const BPE = 2;
const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;
const MAX_VARINT_BYTES = 10;

/**
 * Reads a `.model` file's bytes: only the fields that a byte-fallback BPE needs, numbers and defaults as in
 * sentencepiece_model.proto and as `legal_eagle.models.sentencepiece_model` reads them. Throws for what is no such
 * file.
 */
export function readSentencepieceModel(data: Uint8Array): SentencepieceModel {
  const pieces: Piece[] = [];
  let trainer: readonly Field[] = [];
  let normalizer: readonly Field[] = [];
  for (const { number, value } of fieldsOf(data)) {
    if (number === 1) pieces.push(pieceOf(bytesIn(value)));
    else if (number === 2) trainer = [...trainer, ...fieldsOf(bytesIn(value))];
    else if (number === 3) normalizer = [...normalizer, ...fieldsOf(bytesIn(value))];
  }
  if (pieces.length === 0) throw new Error('it holds no pieces');
  const unkId = numberIn(trainer, 40, 0);
  if (pieces[unkId] === undefined) throw new Error(`unk_id ${String(unkId)} is none of its pieces`);
  return { pieces, unkId, obstacle: obstacleIn(trainer, normalizer) };
}

function obstacleIn(trainer: readonly Field[], normalizer: readonly Field[]): string | undefined {
  const charsmap = normalizer.findLast(({ number }) => number === 2)?.value;
  const reasons: readonly (readonly [boolean, string])[] = [
    [numberIn(trainer, 3, 1) !== BPE, 'not BPE'],
    [numberIn(trainer, 35, 0) === 0, 'no byte fallback'],
    [charsmap instanceof Uint8Array && charsmap.length > 0, 'characters are normalised'],
    [numberIn(normalizer, 3, 1) !== 0, 'a space is put before the text'],
    [numberIn(normalizer, 4, 1) !== 0, 'repeated spaces are removed'],
    [numberIn(normalizer, 5, 1) === 0, 'spaces are not escaped'],
  ];
  return reasons.find(([applies]) => applies)?.[1];
}

function pieceOf(data: Uint8Array): Piece {
  const fields = fieldsOf(data);
  const text = fields.findLast(({ number }) => number === 1)?.value ?? new Uint8Array();
  const score = fields.findLast(({ number }) => number === 2)?.value;
  return {
    text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytesIn(text)),
    score: score === undefined ? 0 : floatOf(bytesIn(score)),
    type: numberIn(fields, 3, PIECE_TYPES.normal),
  };
}

const floatOf = (data: Uint8Array): number => {
  if (data.length !== 4) throw new Error('a score is no float');
  return new DataView(data.buffer, data.byteOffset, 4).getFloat32(0, true);
};

/** Where a field stands twice the last one holds, as protobuf has it. */
function numberIn(fields: readonly Field[], wanted: number, byDefault: number): number {
  const value = fields.findLast(({ number }) => number === wanted)?.value ?? byDefault;
  if (typeof value !== 'number') throw new Error(`field ${String(wanted)} is no number`);
  return value;
}

function bytesIn(value: number | Uint8Array): Uint8Array {
  if (typeof value === 'number') throw new Error('a number stands where bytes belong');
  return value;
}

/** The fields of one message in their order; the bytes of a fixed-size number are left as they are. */
function fieldsOf(data: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
      const byte = data[at];
      if (byte === undefined) throw new Error('it ends inside a number');
      at += 1;
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return value;
    }
    throw new Error('a number has no end');
  };
  const take = (length: number): Uint8Array => {
    if (length > data.length - at) throw new Error('it ends inside a field');
    at += length;
    return data.subarray(at - length, at);
  };
  while (at < data.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case VARINT:
        fields.push({ number, value: varint() });
        break;
      case FIXED_64:
        fields.push({ number, value: take(8) });
        break;
      case BYTES:
        fields.push({ number, value: take(varint()) });
        break;
      case FIXED_32:
        fields.push({ number, value: take(4) });
        break;
      default:
        throw new Error('it holds a field of an unknown kind');
    }
  }
  return fields;
}
