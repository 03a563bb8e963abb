//! Names of people. Some are hostile on purpose: whoever shows a name must escape it.

use super::random::Dice;

#[rustfmt::skip]
const SPANISH_GIVEN: &[&str] = &[
    "Lucía", "Mateo", "Sofía", "Andrés", "Valentina", "Santiago", "Camila", "Juan Pablo", "Mariana", "Nicolás",
    "Isabella", "Sebastián", "Gabriela", "Diego", "Paula", "Javier", "Carmen", "Álvaro", "Begoña", "Íñigo", "Marta",
    "Óscar", "Ximena", "Rodrigo", "Fernanda", "Emilio", "Guadalupe", "Héctor", "Itzel", "Joaquín", "Rocío", "Tomás",
];
#[rustfmt::skip]
const SPANISH_FAMILY: &[&str] = &[
    "García", "Rodríguez", "Muñoz", "Núñez", "Peña", "Hernández", "López", "Martínez", "Gómez", "Castaño", "Ortega",
    "Ramírez", "Torres", "Vargas", "Ibáñez", "Quiñones", "Restrepo", "Uribe", "Cárdenas", "Zúñiga", "Acuña", "Bermúdez",
    "Salazar", "Montoya", "Cordero", "Villanueva", "Escobar", "Delgado", "Fuentes", "Ríos",
];
#[rustfmt::skip]
const ENGLISH_GIVEN: &[&str] = &[
    "James", "Olivia", "Michael", "Emma", "David", "Sophia", "Daniel", "Grace", "Anthony", "Chloe", "Kevin", "Rachel",
    "Brian", "Nicole", "Patrick", "Megan", "Zoë", "Seán", "Priya", "Wei",
];
#[rustfmt::skip]
const ENGLISH_FAMILY: &[&str] = &[
    "Smith", "Johnson", "O'Brien", "Williams", "Cohen", "Rossi", "Nguyen", "Patel", "Murphy", "Kowalski", "Brown",
    "Rivera", "Goldberg", "Chen", "Davis", "Fitzgerald", "Kim", "Walsh", "Ferrari", "Jackson",
];

/// Text that harms whoever does not escape it, by index of the user who has it: right-to-left override, formulas,
/// markup, terminal control, quotes and line ends of CSV.
pub(super) const HOSTILE: &[(usize, &str)] = &[
    (11, "Ana \u{202e}gnp.oñoT"),
    (17, "=HYPERLINK(\"http://example.invalid\",\"Pay\")"),
    (23, "<script>alert('Núñez')</script>"),
    (29, "Luis \u{1b}[31mRed\u{1b}[0m"),
    (37, "Eva \"La, Jefa\"\nMuñoz"),
];

/// A plausible name for the country, or the hostile one that index has.
pub(super) fn person(dice: &mut Dice, country: &str, index: usize) -> String {
    let (given, family, second) = if country == "US" {
        (dice.pick(ENGLISH_GIVEN), dice.pick(ENGLISH_FAMILY), None)
    } else {
        let second = dice.chance(0.6).then(|| *dice.pick(SPANISH_FAMILY));
        (dice.pick(SPANISH_GIVEN), dice.pick(SPANISH_FAMILY), second)
    };
    match (HOSTILE.iter().find(|(at, _)| *at == index), second) {
        (Some((_, hostile)), _) => (*hostile).to_owned(),
        (None, Some(second)) => format!("{given} {family} {second}"),
        (None, None) => format!("{given} {family}"),
    }
}
