/* A bitmap (BMP) on stdin, how often each of its shades occurs as JSON on stdout. What it cannot use ends with exit code 1 and a
   line on stderr that says why. It holds one row at a time, so a large picture takes no more memory than a wide one.

   The format: https://learn.microsoft.com/windows/win32/gdi/bitmap-storage */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILE_HEADER = 14, INFO_HEADER = 40, BIT_FIELDS = 3, SHADES = 256 };

/* Pixels of the widest row. */
static const int32_t MAX_WIDTH = 1 << 20;

struct bitmap {
    int32_t width, height;
    int bytes_per_pixel;
};

struct histogram {
    uint32_t blue[SHADES], green[SHADES], red[SHADES];
};

/* The input cannot be used. */
static _Noreturn void refuse(const char *reason) {
    fprintf(stderr, "%s\n", reason);
    exit(1);
}

static void read_all(uint8_t *bytes, size_t length) {
    if (fread(bytes, 1, length, stdin) != length) refuse("the bitmap ends too early");
}

static void skip(uint32_t length) {
    while (length-- > 0)
        if (getchar() == EOF) refuse("the bitmap ends too early");
}

static uint32_t u32(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Reads up to the first pixel. */
static struct bitmap read_headers(void) {
    uint8_t head[FILE_HEADER + INFO_HEADER];
    size_t length = fread(head, 1, sizeof head, stdin);
    if (length < 2 || head[0] != 'B' || head[1] != 'M') refuse("this is no bitmap");
    if (length < sizeof head) refuse("the bitmap ends too early");
    uint32_t offset = u32(head + 10), size = u32(head + 14), compression = u32(head + 30), read = sizeof head;
    int32_t height = (int32_t)u32(head + 22);
    int bits = head[28] | head[29] << 8;
    struct bitmap bitmap = {(int32_t)u32(head + 18), height, bits / 8};
    if (size < INFO_HEADER) refuse("the bitmap has a header of before Windows 3.0");
    if (bits != 24 && bits != 32) refuse("only bitmaps of 24 or 32 bits a pixel can be read");
    if (compression == BIT_FIELDS && bits == 32) {
        uint8_t masks[12];
        read_all(masks, sizeof masks);
        read += sizeof masks;
        if (u32(masks) != 0xff0000 || u32(masks + 4) != 0xff00 || u32(masks + 8) != 0xff)
            refuse("the bitmap has its colours in an order that cannot be read");
    } else if (compression != 0) {
        refuse("a compressed bitmap cannot be read");
    }
    if (bitmap.width < 1 || bitmap.width > MAX_WIDTH) refuse("the bitmap has no width, or too much of it");
    if (height == 0 || height == INT32_MIN) refuse("the bitmap has no height");
    if (height < 0) bitmap.height = -height; /* From top to bottom: for a histogram it is all the same. */
    if (offset < read) refuse("the bitmap's pixels begin in its header");
    skip(offset - read);
    return bitmap;
}

static void count(struct histogram *histogram, const uint8_t *row, const struct bitmap *bitmap) {
    for (int32_t x = 0; x < bitmap->width; x++, row += bitmap->bytes_per_pixel) {
        histogram->blue[row[0]]++;
        histogram->green[row[1]]++;
        histogram->red[row[2]]++;
    }
}

static void print_shades(const char *name, const uint32_t *shades) {
    printf(",\"%s\":[", name);
    for (int shade = 0; shade < SHADES; shade++) printf(shade > 0 ? ",%u" : "%u", (unsigned)shades[shade]);
    printf("]");
}

int main(void) {
    static struct histogram histogram;
    struct bitmap bitmap = read_headers();
    size_t length = (size_t)bitmap.width * bitmap.bytes_per_pixel;
    uint8_t *row = malloc(length);
    if (row == NULL) return 2;
    for (int32_t y = 0; y < bitmap.height; y++) {
        read_all(row, length);
        count(&histogram, row, &bitmap);
        /* A row is filled up to a multiple of four bytes; the last one need not be. */
        if (y + 1 < bitmap.height) skip(-length % 4);
    }
    printf("{\"width\":%d,\"height\":%d", (int)bitmap.width, (int)bitmap.height);
    print_shades("red", histogram.red);
    print_shades("green", histogram.green);
    print_shades("blue", histogram.blue);
    printf("}\n");
    return fflush(stdout) == 0 ? 0 : 2;
}
