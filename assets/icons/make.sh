#!/bin/sh
# Makes ringside-128.png from the bundled headphones glyph (U+E0F1). Needs ImageMagick and the bundled font.
cd "$(dirname "$0")" || exit 1
glyph=$(printf '\356\203\261')
convert -size 256x256 xc:none -fill '#0B5CAD' -draw 'roundrectangle 8,8 247,247 56,56' \
    -font ../fonts/Lucide.ttf -fill white -pointsize 152 -gravity center -annotate +0+0 "$glyph" \
    -resize 128x128 -strip -define png:compression-level=9 -define png:exclude-chunks=date,time PNG32:ringside-128.png
