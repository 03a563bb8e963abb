//! Built for an interface that does not exist yet.

wit_bindgen::generate!({
    inline: r#"
        package ringfence:detector@9.9.9;

        interface types {
            record batch { rows: u32 }
        }

        world detector {
            use types.{batch};
            export process: func(batch: batch);
        }
    "#,
});

guests::manifest!(
    "id = \"bad-version\"\nversion = \"1.2.3\"\ninterface = \"9.9\"\nsummary = \"From the future.\"\n\
     partition = \"user\"\nevents = [\"call\"]\ncolumns = [\"user\"]\n"
);

struct Future;

impl Guest for Future {
    fn process(_: Batch) {}
}

export!(Future);
