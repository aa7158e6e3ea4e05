//! The system packages Ringside needs, why, and what each package manager calls them.

/// What a package is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    /// Building and running the demo.
    Demo,
    /// The test suite on top of that.
    Test,
}

/// Package managers we can drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manager {
    Apt,
    Dnf,
    Pacman,
    Brew,
}

/// One need and its package names; an empty list means the system brings it along.
pub(crate) struct Need {
    pub(crate) purpose: Purpose,
    pub(crate) why: &'static str,
    pub(crate) apt: &'static [&'static str],
    pub(crate) dnf: &'static [&'static str],
    pub(crate) pacman: &'static [&'static str],
    pub(crate) brew: &'static [&'static str],
}

impl Need {
    pub(crate) const fn names(&self, manager: Manager) -> &'static [&'static str] {
        match manager {
            Manager::Apt => self.apt,
            Manager::Dnf => self.dnf,
            Manager::Pacman => self.pacman,
            Manager::Brew => self.brew,
        }
    }
}

pub(crate) const NEEDS: &[Need] = &[
    Need {
        purpose: Purpose::Demo,
        why: "a C compiler, make and CMake build Opus and SQLite",
        apt: &["gcc", "g++", "libc6-dev", "make", "cmake"],
        dnf: &["gcc", "gcc-c++", "make", "cmake"],
        pacman: &["gcc", "make", "cmake"],
        brew: &["cmake"],
    },
    Need {
        purpose: Purpose::Demo,
        why: "ALSA headers, to reach microphone and speaker",
        apt: &["libasound2-dev", "pkg-config"],
        dnf: &["alsa-lib-devel", "pkgconf-pkg-config"],
        pacman: &["alsa-lib", "pkgconf"],
        brew: &[],
    },
    Need {
        purpose: Purpose::Demo,
        why: "X11, Wayland and OpenGL libraries, to open a window",
        apt: &[
            "libx11-6",
            "libx11-xcb1",
            "libxcb1",
            "libxcursor1",
            "libxi6",
            "libxrender1",
            "libxkbcommon0",
            "libxkbcommon-x11-0",
            "libwayland-client0",
            "libegl1",
            "libgl1",
            "libglx-mesa0",
            "libgl1-mesa-dri",
            "libfontconfig1",
        ],
        dnf: &[
            "libX11",
            "libX11-xcb",
            "libxcb",
            "libXcursor",
            "libXi",
            "libXrender",
            "libxkbcommon",
            "libxkbcommon-x11",
            "libwayland-client",
            "mesa-libEGL",
            "mesa-libGL",
            "mesa-dri-drivers",
            "fontconfig",
        ],
        pacman: &[
            "libx11",
            "libxcb",
            "libxcursor",
            "libxi",
            "libxrender",
            "libxkbcommon-x11",
            "mesa",
            "fontconfig",
        ],
        brew: &[],
    },
    Need {
        purpose: Purpose::Test,
        why: "a virtual screen, to drive the real window and look at it",
        apt: &[
            "xvfb",
            "openbox",
            "xdotool",
            "imagemagick",
            "x11-utils",
            "mesa-vulkan-drivers",
        ],
        dnf: &[
            "xorg-x11-server-Xvfb",
            "openbox",
            "xdotool",
            "ImageMagick",
            "xwininfo",
            "mesa-vulkan-drivers",
        ],
        pacman: &[
            "xorg-server-xvfb",
            "openbox",
            "xdotool",
            "imagemagick",
            "xorg-xwininfo",
            "vulkan-swrast",
        ],
        brew: &[],
    },
    Need {
        purpose: Purpose::Test,
        why: "PulseAudio with null sinks, to play and record without hardware",
        apt: &["pulseaudio", "pulseaudio-utils"],
        dnf: &[],
        pacman: &[],
        brew: &[],
    },
    Need {
        purpose: Purpose::Test,
        why: "SIPp and baresip, to call and be called by other people's phones",
        apt: &["sip-tester", "baresip-core"],
        dnf: &["sipp", "baresip"],
        pacman: &["baresip"],
        brew: &["sipp", "baresip"],
    },
];
