#!/usr/bin/env python3
"""Makes assets/fonts/*.{otf,ttf} and assets/src/icons.rs from the full fonts.

Run it when an icon is added to ICONS or a script to TEXT, then commit what it wrote:

    pip install fonttools
    apt-get install fonts-inter                       # Inter 4, OFL-1.1
    cargo fetch --manifest-path …/lucide-icons        # or download lucide-icons 1.66 (ISC)
    ./make-fonts.py --inter /usr/share/fonts/opentype/inter --lucide …/lucide-icons-1.66.0

Nothing of this runs in a build: the results are in the repository.
"""
import argparse
import pathlib
import re

from fontTools import subset
from fontTools.ttLib import TTFont

HERE = pathlib.Path(__file__).resolve().parent

# Lucide names, in the order of the enum.
ICONS = """
inbox users history calendar-days grip settings
phone phone-off phone-incoming phone-outgoing phone-missed phone-call
mic mic-off pause play arrow-left-right user-plus keyboard
headphones volume-2 volume-x audio-lines
search plus x check chevron-down chevron-right ellipsis
circle-alert triangle-alert info circle-check circle-x circle-pause
wifi wifi-off unplug refresh-cw server power
message-square mail voicemail sticky-note external-link file-text star
log-out log-in sun moon clock hourglass timer bell bell-off
user user-check user-x maximize-2 minimize-2 list arrow-up-down
lock eye eye-off monitor folder tag briefcase delete pencil circle-stop
""".split()

# Scripts of the languages shipped first, with room: Latin, Greek, Cyrillic, punctuation,
# currency, arrows and the signs a phone number or a sentence may hold.
TEXT = [
    (0x0020, 0x007E), (0x00A0, 0x024F), (0x02B0, 0x02FF), (0x0300, 0x036F), (0x0370, 0x03FF),
    (0x0400, 0x052F), (0x1E00, 0x1EFF), (0x2000, 0x206F), (0x20A0, 0x20BF), (0x2100, 0x214F),
    (0x2190, 0x2193), (0x2212, 0x2215), (0x2260, 0x2265), (0x25CF, 0x25CF), (0xFFFD, 0xFFFD),
]


def cut(source, target, points):
    """Writes the part of `source` that draws `points`."""
    options = subset.Options()
    options.layout_features = ["kern", "mark", "mkmk", "ccmp", "locl", "calt"]
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    font = TTFont(source, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=points)
    cutter.subset(font)
    font.save(target)
    if target.suffix == ".ttf":
        # Lucide says side bearing 0 for every glyph; renderers that believe it shift the outline left.
        font = TTFont(target, recalcTimestamp=False)
        for glyph, (advance, _) in list(font["hmtx"].metrics.items()):
            font["hmtx"][glyph] = (advance, getattr(font["glyf"][glyph], "xMin", 0))
        font.save(target)
    print(target, target.stat().st_size, "bytes")


def lucide_points(package):
    """Lucide name to code point, from the crate's own `From<Icon> for char`."""
    source = (package / "src/icon.rs").read_text()
    names = dict(re.findall(r'"([a-z0-9-]+)" => Ok\(Icon::(\w+)\)', source))
    points = {v: int(p, 16) for v, p in re.findall(r"Icon::(\w+) => '\\u\{([0-9a-f]+)\}'", source)}
    return {name: (variant, points[variant]) for name, variant in names.items() if variant in points}


def main():
    """Reads the arguments and writes everything."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--inter", type=pathlib.Path, required=True)
    arguments.add_argument("--lucide", type=pathlib.Path, required=True)
    arguments = arguments.parse_args()

    letters = [point for first, last in TEXT for point in range(first, last + 1)]
    for weight in ("Regular", "SemiBold"):
        cut(arguments.inter / f"Inter-{weight}.otf", HERE / f"fonts/Inter-{weight}.otf", letters)

    known = lucide_points(arguments.lucide)
    icons = [(name, *known[name]) for name in sorted(set(ICONS))]
    cut(arguments.lucide / "lucide.ttf", HERE / "fonts/Lucide.ttf", [point for _, _, point in icons])

    lines = [
        "//! The icons in `fonts/Lucide.ttf` (lucide.dev). Written by `make-fonts.py`; do not edit.",
        "",
        "/// One icon.",
        "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]",
        "pub enum Icon {",
    ]
    for name, variant, _ in icons:
        lines += [f"    /// `{name}`.", f"    {variant},"]
    lines += ["}", "", "impl Icon {", "    /// Every icon.", "    pub const ALL: &[Self] = &["]
    lines += [f"        Self::{variant}," for _, variant, _ in icons]
    lines += ["    ];", "", "    /// The character that draws it in the Lucide font.",
              "    pub const fn glyph(self) -> char {", "        match self {"]
    lines += [f"            Self::{variant} => '\\u{{{point:x}}}'," for _, variant, point in icons]
    lines += ["        }", "    }", "", "    /// The Lucide name, as an action carries it.",
              "    pub const fn name(self) -> &'static str {", "        match self {"]
    lines += [f'            Self::{variant} => "{name}",' for name, variant, _ in icons]
    lines += ["        }", "    }", "", "    /// The icon of a Lucide name, when it is bundled.",
              "    pub fn named(name: &str) -> Option<Self> {",
              "        Self::ALL.iter().copied().find(|icon| icon.name() == name)", "    }", "}", ""]
    (HERE / "src/icons.rs").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
