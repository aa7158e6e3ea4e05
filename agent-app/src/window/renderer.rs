//! Which renderer draws, and what to try when it cannot.

use std::str::FromStr;

use eframe::Renderer;

use super::tokens::Graphics;

/// The renderer asked for with `--renderer`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RendererChoice {
    /// The one that suits the system, then the other.
    #[default]
    Auto,
    /// OpenGL only.
    Glow,
    /// Vulkan, Metal, DirectX 12 only.
    Wgpu,
}

impl RendererChoice {
    /// Which to try, in order. In software OpenGL costs a sixth of Vulkan, so Linux starts with it;
    /// Windows starts with DirectX, which alone works in remote sessions, macOS with Metal.
    pub fn order(self) -> &'static [Renderer] {
        match self {
            Self::Glow => &[Renderer::Glow],
            Self::Wgpu => &[Renderer::Wgpu],
            Self::Auto if cfg!(any(target_os = "windows", target_os = "macos")) => {
                &[Renderer::Wgpu, Renderer::Glow]
            }
            Self::Auto => &[Renderer::Glow, Renderer::Wgpu],
        }
    }
}

/// A word that is no renderer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no renderer; use auto, glow or wgpu")]
pub struct UnknownRenderer(String);

impl FromStr for RendererChoice {
    type Err = UnknownRenderer;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "auto" => Ok(Self::Auto),
            "glow" => Ok(Self::Glow),
            "wgpu" => Ok(Self::Wgpu),
            other => Err(UnknownRenderer(other.to_owned())),
        }
    }
}

/// How much the machine can be asked to draw, from what the window was created with.
pub(super) fn graphics(cc: &eframe::CreationContext<'_>) -> Graphics {
    if let Some(state) = &cc.wgpu_render_state {
        let software = state.adapter.get_info().device_type == wgpu::DeviceType::Cpu;
        return if software { Graphics::Low } else { Graphics::Full };
    }
    if software_opengl() {
        Graphics::Low
    } else {
        Graphics::Full
    }
}

/// Without a render node, or when told so, Mesa draws with the processor.
#[cfg(target_os = "linux")]
fn software_opengl() -> bool {
    let told = std::env::var_os("LIBGL_ALWAYS_SOFTWARE").is_some_and(|value| value != "0");
    let node = std::fs::read_dir("/dev/dri").is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("renderD"))
    });
    told || !node
}

#[cfg(not(target_os = "linux"))]
const fn software_opengl() -> bool {
    false
}
