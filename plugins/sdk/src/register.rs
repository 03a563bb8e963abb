//! Makes a component of a detector.

/// Embeds the manifest and exports the detector: `ringfence_sdk::register!(MyDetector, "plugin.toml");`, once, in the
/// crate's root. The path is relative to the crate's `Cargo.toml`. Natively it only defines `MANIFEST`, the
/// manifest's text, so that the crate can be tested like any other.
#[macro_export]
macro_rules! register {
    ($detector:ty, $manifest:literal) => {
        /// The manifest, as it stands in the component's custom section `ringfence:manifest`.
        pub const MANIFEST: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $manifest));

        #[cfg(target_family = "wasm")]
        const _: () = {
            use $crate::bindings::ringfence::detector::types as wit;

            const TEXT: &[u8] = MANIFEST.as_bytes();

            #[allow(unsafe_code, reason = "naming a link section is how data gets into a custom section")]
            #[unsafe(link_section = "ringfence:manifest")]
            #[used]
            static SECTION: [u8; TEXT.len()] = {
                let mut bytes = [0; TEXT.len()];
                bytes.copy_from_slice(TEXT);
                bytes
            };

            thread_local! {
                static INSTANCE: $crate::component::Instance<$detector> =
                    const { $crate::component::Instance::new() };
            }

            struct Component;

            impl $crate::bindings::Guest for Component {
                fn configure(setup: wit::Setup) -> ::core::result::Result<(), wit::Error> {
                    INSTANCE.with(|i| i.configure(setup))
                }

                fn process(
                    batch: wit::Batch,
                ) -> ::core::result::Result<::std::vec::Vec<wit::Output>, wit::Error> {
                    INSTANCE.with(|i| i.process(batch))
                }

                fn checkpoint() -> ::core::result::Result<(), wit::Error> {
                    INSTANCE.with(|i| i.checkpoint())
                }
            }

    $crate::bindings::export!(Component with_types_in $crate::bindings);
        };
    };
}
