//! Files that are damaged: what can be read of them is.

use proptest::prelude::*;

use super::*;

#[test]
fn a_stray_bracket_costs_no_record_behind_it() {
    let [a, b, c, d] = ["id-1", "id-2", "id-3", "id-4"].map(object);
    for text in [
        format!("[{a}[{b}, {c},\n{d}]"),
        format!("[{a}, [[{b}], {c}], {d}]"),
        format!("{{\"items\": [\n{a}[{b}]}}\n{{\"items\": [{c}, {d}]}}"),
    ] {
        let outcome = read_bytes(text.as_bytes());
        assert_eq!(outcome.ids, ["id-1", "id-2", "id-3", "id-4"], "{text}");
        assert!(outcome.summary.rejected > 0, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read_to_an_end(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        text in "[\\[\\]{}\",:\n ai1\\\\]{0,120}",
        head in prop_oneof![Just(""), Just("[{\"a\":1},"), Just("{\"items\":["), Just("Report ID,Start time\n")],
    ) {
        read_bytes(&bytes);
        read_bytes(format!("{head}{text}").as_bytes());
    }

    #[test]
    fn damage_to_one_element_costs_at_most_its_neighbours(at in 0usize..4000, byte in any::<u8>()) {
        let objects: Vec<String> = (0..30).map(|i| object(&format!("id-{i:02}"))).collect();
        for text in [format!("[\n{}\n]", objects.join(",\n")), objects.join("\n")] {
            let mut bytes = text.into_bytes();
            let at = 2 + at % (bytes.len() - 4);
            bytes[at] = byte;
            let outcome = read_bytes(&bytes);
            prop_assert!(outcome.summary.records >= 28, "{} {:?}", at, outcome.summary);
        }
    }
}
