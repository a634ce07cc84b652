import { crc32 } from 'node:zlib';

/** The formats that the functions read; PPM is for `classify` alone, and only its service writes it. */
export type Format = 'png' | 'jpeg' | 'gif' | 'webp' | 'bmp' | 'ppm';

/** How a file of a format is taken apart and put together again. */
interface Container {
  /** The pieces that the file is made of, without lengths and checksums. Of a valid file only. */
  split(file: Buffer): Buffer[];
  /** A file of any pieces, with the lengths and checksums that they must have. */
  join(pieces: readonly Buffer[]): Buffer;
}

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

/** Pieces are chunks: four letters and data (PNG specification, 5.3). */
const png: Container = {
  split(file) {
    const pieces: Buffer[] = [];
    for (let at = 8; at < file.length; ) {
      const length = file.readUInt32BE(at);
      pieces.push(file.subarray(at + 4, at + 8 + length));
      at += 12 + length;
    }
    return pieces;
  },
  join(pieces) {
    const chunks = pieces.flatMap((piece) => [u32be(piece.length - 4), piece, u32be(crc32(piece))]);
    return Buffer.concat([PNG_SIGNATURE, ...chunks]);
  },
};

const [START_OF_IMAGE, END_OF_IMAGE, START_OF_SCAN] = [0xd8, 0xd9, 0xda];

/** Pieces are segments, a marker and data, and the coded data behind a scan's header (ITU T.81, annex B). */
const jpeg: Container = {
  split(file) {
    const pieces: Buffer[] = [];
    for (let at = 0; at < file.length; ) {
      const marker = file.readUInt8(at + 1);
      const length = hasLength(marker) ? file.readUInt16BE(at + 2) : 0;
      const end = at + 2 + length;
      pieces.push(Buffer.concat([file.subarray(at, at + 2), file.subarray(at + (length > 0 ? 4 : 2), end)]));
      at = marker === START_OF_SCAN ? endOfScan(file, end) : end;
      if (at > end) pieces.push(file.subarray(end, at));
    }
    return pieces;
  },
  join(pieces) {
    return Buffer.concat(
      pieces.flatMap((piece) =>
        piece[0] === 0xff && hasLength(piece[1] ?? 0)
          ? [piece.subarray(0, 2), u16be(piece.length), piece.subarray(2)]
          : [piece],
      ),
    );
  },
};

function hasLength(marker: number): boolean {
  return marker >= 0xc0 && ![START_OF_IMAGE, END_OF_IMAGE].includes(marker) && !isRestart(marker);
}

function isRestart(marker: number): boolean {
  return marker >= 0xd0 && marker <= 0xd7;
}

function endOfScan(file: Buffer, start: number): number {
  let at = start;
  while (file[at] !== 0xff || file[at + 1] === 0 || isRestart(file[at + 1] ?? 0)) at += 1;
  return at;
}

/** Pieces are header, colour tables, descriptors and blocks, as they are (GIF89a specification, appendix B). */
const gif: Container = {
  split(file) {
    const pieces: Buffer[] = [];
    let at = 0;
    const take = (bytes: number) => {
      if (bytes > 0) pieces.push(file.subarray(at, at + bytes));
      at += bytes;
    };
    const takeBlocks = () => {
      for (let size = -1; size !== 0; take(1 + size)) size = file.readUInt8(at);
    };
    const tableBytes = (flags: number) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
    take(13);
    take(tableBytes(file.readUInt8(10)));
    while (at < file.length) {
      const introducer = file[at];
      if (introducer === 0x21) {
        take(2);
        takeBlocks();
      } else if (introducer === 0x2c) {
        const flags = file.readUInt8(at + 9);
        take(10);
        take(tableBytes(flags));
        take(1);
        takeBlocks();
      } else take(file.length - at);
    }
    return pieces;
  },
  join: (pieces) => Buffer.concat(pieces),
};

/** Pieces are chunks: four letters and data, padded to an even length (RFC 9649, 2.3). */
const webp: Container = {
  split(file) {
    const pieces: Buffer[] = [];
    for (let at = 12; at < file.length; ) {
      const length = file.readUInt32LE(at + 4);
      pieces.push(Buffer.concat([file.subarray(at, at + 4), file.subarray(at + 8, at + 8 + length)]));
      at += 8 + length + (length % 2);
    }
    return pieces;
  },
  join(pieces) {
    const chunks = pieces.flatMap((piece) => [
      piece.subarray(0, 4),
      u32le(piece.length - 4),
      piece.subarray(4),
      Buffer.alloc(piece.length % 2),
    ]);
    const body = Buffer.concat([Buffer.from('WEBP'), ...chunks]);
    return Buffer.concat([Buffer.from('RIFF'), u32le(body.length), body]);
  },
};

/** Pieces are the two headers and the rows together. */
const bmp: Container = {
  split: (file) => [file.subarray(0, 14), file.subarray(14, 54), file.subarray(54)],
  join: (pieces) => Buffer.concat(pieces),
};

/** Pieces are the lines of the header and the pixels. */
const ppm: Container = {
  split(file) {
    const pieces: Buffer[] = [];
    let at = 0;
    while (pieces.length < 3) {
      const end = file.indexOf('\n', at) + 1;
      pieces.push(file.subarray(at, end));
      at = end;
    }
    return [...pieces, file.subarray(at)];
  },
  join: (pieces) => Buffer.concat(pieces),
};

/** How the files of each format are taken apart and put together again. */
export const containers: Record<Format, Container> = { png, jpeg, gif, webp, bmp, ppm };

function u16be(value: number): Buffer {
  return Buffer.from([(value >> 8) & 255, value & 255]);
}

function u32be(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

function u32le(value: number): Buffer {
  return u32be(value).reverse();
}
