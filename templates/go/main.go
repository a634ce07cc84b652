// A picture (PNG, JPEG, GIF) on stdin, a small blurred one of it as JPEG on stdout: what a page shows until the picture itself is
// there. What it cannot use ends with exit code 1 and a line on stderr that says why.
package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/gif"
	"image/jpeg"
	_ "image/png"
	"io"
	"os"
)

const (
	// Pixels of the longer side.
	side = 48
	// The blur: the mean of so many pixels to each side.
	radius = 1
	// As limits.pixels of function.yaml: more would not fit into its memory.
	maxPixels = 24_000_000
	quality   = 75
)

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err == nil {
		var output []byte
		if output, err = preview(input); err == nil {
			if _, err = os.Stdout.Write(output); err != nil {
				os.Exit(2)
			}
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func preview(input []byte) ([]byte, error) {
	// Before anything is decoded: a header can promise any size.
	header, _, err := image.DecodeConfig(bytes.NewReader(input))
	if err != nil {
		return nil, err
	}
	if header.Width < 1 || header.Height < 1 || header.Width > maxPixels/header.Height {
		return nil, fmt.Errorf("a picture of %d x %d pixels cannot be taken: at most %d", header.Width, header.Height, maxPixels)
	}
	picture, _, err := image.Decode(bytes.NewReader(input))
	if err != nil {
		return nil, err
	}
	var output bytes.Buffer
	err = jpeg.Encode(&output, blurred(shrunk(picture)), &jpeg.Options{Quality: quality})
	return output.Bytes(), err
}

// shrunk makes each pixel the mean of those that it stands for, on white.
func shrunk(picture image.Image) *image.RGBA {
	from := picture.Bounds()
	width, height := smaller(from.Dx(), from.Dy())
	small := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		top, bottom := from.Min.Y+y*from.Dy()/height, from.Min.Y+(y+1)*from.Dy()/height
		// A strip at a time: all of it in RGBA would take more memory than the picture.
		strip := image.NewRGBA(image.Rect(0, 0, from.Dx(), bottom-top))
		draw.Draw(strip, strip.Bounds(), image.White, image.Point{}, draw.Src)
		draw.Draw(strip, strip.Bounds(), picture, image.Pt(from.Min.X, top), draw.Over)
		for x := range width {
			part := image.Rect(x*from.Dx()/width, 0, (x+1)*from.Dx()/width, bottom-top)
			small.SetRGBA(x, y, mean(strip, part))
		}
	}
	return small
}

// smaller fits a size into side x side, with its proportions.
func smaller(width, height int) (int, int) {
	longer := max(width, height)
	if longer <= side {
		return width, height
	}
	return max(1, width*side/longer), max(1, height*side/longer)
}

func blurred(picture *image.RGBA) *image.RGBA {
	result := image.NewRGBA(picture.Bounds())
	for y := range picture.Rect.Dy() {
		for x := range picture.Rect.Dx() {
			around := image.Rect(x-radius, y-radius, x+radius+1, y+radius+1)
			result.SetRGBA(x, y, mean(picture, around.Intersect(picture.Rect)))
		}
	}
	return result
}

// mean is the mean colour of a part, which is not empty, of an opaque picture.
func mean(picture *image.RGBA, part image.Rectangle) color.RGBA {
	var red, green, blue int
	for y := part.Min.Y; y < part.Max.Y; y++ {
		row := picture.Pix[picture.PixOffset(part.Min.X, y):picture.PixOffset(part.Max.X, y)]
		for ; len(row) >= 4; row = row[4:] {
			red, green, blue = red+int(row[0]), green+int(row[1]), blue+int(row[2])
		}
	}
	count := part.Dx() * part.Dy()
	rounded := func(sum int) uint8 { return uint8((sum + count/2) / count) }
	return color.RGBA{rounded(red), rounded(green), rounded(blue), 255}
}
