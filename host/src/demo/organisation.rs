//! Who is in the organisation: people, queues, attendants, trunks and the devices they use.
//!
//! Owns identities. Does not own behaviour (`habits`) or records (`traffic`).

use super::names;
use super::random::{Dice, Domain, stream, uuid};
use super::sites::SITES;

/// What somebody does, which decides when and whom they call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Office,
    Sales,
    Finance,
    /// Call-centre agent: many calls out, and the queue's calls.
    Agent,
    /// Works at night.
    Night,
    Executive,
}

/// Kind of the owner of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartyKind {
    Person(Role),
    Attendant,
    Queue,
    HuntGroup,
    VoiceMail,
    Trunk,
}

/// Somebody or something that owns records.
#[derive(Debug)]
pub(super) struct Party {
    pub(super) kind: PartyKind,
    pub(super) uuid: u128,
    pub(super) name: String,
    pub(super) site: usize,
    pub(super) extension: u32,
    /// Direct number.
    pub(super) number: u64,
    /// First device and how many, in [`Organisation::devices`].
    pub(super) devices: (u32, u32),
    /// Mobile phone of their own.
    pub(super) mobile: u64,
    pub(super) department: u32,
}

/// What a call was made with.
#[derive(Clone, Debug)]
pub(super) struct Device {
    pub(super) client_type: &'static str,
    pub(super) version: &'static str,
    pub(super) sub_type: &'static str,
    pub(super) os: &'static str,
    pub(super) model: &'static str,
    pub(super) mac: Option<u64>,
}

/// The organisation: people first, then the services of each site.
#[derive(Debug)]
pub(super) struct Organisation {
    pub(super) seed: u64,
    pub(super) uuid: u128,
    pub(super) people: u32,
    pub(super) parties: Vec<Party>,
    devices: Vec<Device>,
    site_uuids: Vec<u128>,
}

/// Services of each site, in this order after the people.
const SERVICES: [(PartyKind, &str); 5] = [
    (PartyKind::Attendant, "Reception"),
    (PartyKind::Queue, "Customer Care"),
    (PartyKind::HuntGroup, "Sales"),
    (PartyKind::VoiceMail, "Voice Portal"),
    (PartyKind::Trunk, "Local Gateway"),
];

/// Numbers and extensions below this belong to services.
const FIRST_PERSON: u32 = 100;
/// Device numbers with this bit belong to nobody known: see [`Organisation::device`].
pub(super) const STRANGER: u32 = 1 << 31;
/// Salts of identities.
const SALT_PARTY: u64 = 11;
const SALT_SITE: u64 = 12;
const SALT_ORG: u64 = 13;

#[rustfmt::skip]
const DESKTOP: [Device; 3] = [
    Device { client_type: "TEAMS_WXC_CLIENT", version: "46.2.0.33402", sub_type: "", os: "windows", model: "", mac: None },
    Device { client_type: "TEAMS_WXC_CLIENT", version: "46.1.2.33188", sub_type: "DESKTOP_APP", os: "windows", model: "", mac: None },
    Device { client_type: "TEAMS_WXC_CLIENT", version: "46.2.0.33402", sub_type: "", os: "mac", model: "", mac: None },
];
#[rustfmt::skip]
const MOBILE: [Device; 2] = [
    Device { client_type: "TEAMS_WXC_CLIENT", version: "46.2.1.1009", sub_type: "MOBILE_APP", os: "ios", model: "", mac: None },
    Device { client_type: "TEAMS_WXC_CLIENT", version: "46.2.0.2188", sub_type: "MOBILE_APP", os: "android", model: "", mac: None },
];
const PHONES: [(&str, &str); 4] = [
    ("DBS-9871", "PhoneOS.3-3-1"),
    ("8851-3PCC", "sip88xx.12-0-7MPP"),
    ("8845-3PCC", "sip8845.12-0-7MPP"),
    ("6821-3PCC", "sip68xx.12-0-5MPP"),
];
/// Softphones that nobody in the organisation uses.
#[rustfmt::skip]
const STRANGERS: [Device; 3] = [
    Device { client_type: "WXC_THIRD_PARTY", version: "Z 5.6.6 v2.10.20.5", sub_type: "", os: "na", model: "Generic IPPhone", mac: None },
    Device { client_type: "SIP", version: "eyeBeam 1.5", sub_type: "", os: "na", model: "Generic SIP", mac: None },
    Device { client_type: "TEAMS_WXC_CLIENT", version: "44.6.0.29928", sub_type: "DESKTOP_APP", os: "windows", model: "", mac: None },
];
/// What services and trunks use.
const SERVER: Device =
    Device { client_type: "WXC_CLIENT", version: "", sub_type: "", os: "na", model: "", mac: None };
const GATEWAY: Device =
    Device { client_type: "WXC_SIP_GW", version: "", sub_type: "", os: "na", model: "", mac: None };

impl Organisation {
    pub(super) fn new(seed: u64, people: u32) -> Organisation {
        let mut organisation = Organisation {
            seed,
            uuid: uuid(seed, SALT_ORG, 0, 0),
            people,
            parties: Vec::with_capacity(people as usize + SITES.len() * SERVICES.len()),
            devices: Vec::new(),
            site_uuids: (0..SITES.len()).map(|site| uuid(seed, SALT_SITE, site as u32, 0)).collect(),
        };
        // Three digits behind the site's own are enough for 900 people at the largest site.
        let site_factor = if people * 36 / 100 < 1000 - FIRST_PERSON { 1_000 } else { 10_000 };
        let mut at_site = [0u32; SITES.len()];
        for index in 0..people {
            let site = site_of(index);
            organisation.hire(index, site, FIRST_PERSON + at_site[site], site_factor);
            at_site[site] += 1;
        }
        for (index, site) in SITES.iter().enumerate() {
            for (place, (kind, title)) in (0u32..).zip(SERVICES) {
                let device = organisation.devices.len() as u32;
                organisation.devices.push(if kind == PartyKind::Trunk { GATEWAY } else { SERVER });
                organisation.parties.push(Party {
                    kind,
                    uuid: uuid(seed, SALT_PARTY, 1 << 30 | index as u32, place),
                    name: format!("{} {title}", site.name),
                    site: index,
                    extension: site.extension_digit * site_factor + place,
                    number: site.block + u64::from(place),
                    devices: (device, 1),
                    mobile: 0,
                    department: 0,
                });
            }
        }
        organisation
    }

    fn hire(&mut self, index: u32, site: usize, place: u32, site_factor: u32) {
        let mut dice = Dice::new(self.seed, stream(Domain::Person, index));
        let place_facts = &SITES[site];
        let role = match dice.below(100) {
            0..=9 => Role::Agent,
            10..=24 => Role::Sales,
            25..=28 => Role::Night,
            29..=32 => Role::Executive,
            33..=39 => Role::Finance,
            _ => Role::Office,
        };
        let name = names::person(&mut dice, place_facts.country, index as usize);
        let first = self.devices.len() as u32;
        let phone = dice.chance(if role == Role::Agent { 0.3 } else { 0.45 });
        if phone {
            let (model, version) = *dice.pick(&PHONES);
            let mac = 0x6c71_0d00_0000 | (dice.below(1 << 24));
            let client_type = "WXC_DEVICE";
            self.devices.push(Device { client_type, version, sub_type: "", os: "na", model, mac: Some(mac) });
        }
        if !phone || dice.chance(0.7) {
            self.devices.push(dice.pick(&DESKTOP).clone());
        }
        if dice.chance(if matches!(role, Role::Sales | Role::Executive) { 0.9 } else { 0.3 }) {
            self.devices.push(dice.pick(&MOBILE).clone());
        }
        let mobile = super::plans::of(place_facts.country).mobile(&mut dice);
        self.parties.push(Party {
            kind: PartyKind::Person(role),
            uuid: uuid(self.seed, SALT_PARTY, index, 0),
            name,
            site,
            extension: place_facts.extension_digit * site_factor + place,
            number: place_facts.block + u64::from(place),
            devices: (first, self.devices.len() as u32 - first),
            mobile,
            department: dice.below(8) as u32,
        });
    }

    /// A person's or service's entry.
    pub(super) fn party(&self, index: u32) -> &Party {
        &self.parties[index as usize]
    }

    /// The service of a site.
    pub(super) fn service(&self, site: usize, kind: PartyKind) -> u32 {
        let place = SERVICES.iter().position(|(k, _)| *k == kind).unwrap_or(0);
        self.people + (site * SERVICES.len() + place) as u32
    }

    /// A device by number. Numbers with [`STRANGER`] set are devices of somebody else; the rest of the bits choose.
    pub(super) fn device(&self, number: u32) -> Device {
        if number & STRANGER == 0 {
            return self.devices[number as usize].clone();
        }
        STRANGERS[(number & !STRANGER) as usize % STRANGERS.len()].clone()
    }

    /// The person's mobile client, or else their first device.
    pub(super) fn mobile_client(&self, person: u32) -> u32 {
        let (first, count) = self.party(person).devices;
        (first..first + count).find(|d| self.devices[*d as usize].sub_type == "MOBILE_APP").unwrap_or(first)
    }

    /// The role of a person; services count as office.
    pub(super) fn role(&self, index: u32) -> Role {
        match self.party(index).kind {
            PartyKind::Person(role) => role,
            _ => Role::Office,
        }
    }

    pub(super) fn site_uuid(&self, site: usize) -> u128 {
        self.site_uuids[site]
    }

    /// People at a site.
    pub(super) fn at_site(&self, site: usize) -> Vec<u32> {
        (0..self.people).filter(|p| self.party(*p).site == site).collect()
    }
}

/// Site of a person: a wheel of 100 places, so that any hundred people in a row are shared out exactly.
fn site_of(index: u32) -> usize {
    let place = index.wrapping_mul(37) % 100;
    let mut below = 0;
    SITES
        .iter()
        .position(|site| {
            below += site.share;
            place < below
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_an_identity_of_their_own() {
        let organisation = Organisation::new(1, 2200);
        let mut numbers: Vec<u64> = organisation.parties.iter().map(|p| p.number).collect();
        let mut extensions: Vec<u32> = organisation.parties.iter().map(|p| p.extension).collect();
        let mut uuids: Vec<u128> = organisation.parties.iter().map(|p| p.uuid).collect();
        for party in &organisation.parties {
            assert!(SITES[party.site].owns(party.number), "{}", party.name);
            assert!(party.devices.1 > 0);
        }
        numbers.sort_unstable();
        extensions.sort_unstable();
        uuids.sort_unstable();
        assert!(numbers.windows(2).all(|w| w[0] != w[1]));
        assert!(extensions.windows(2).all(|w| w[0] != w[1]));
        assert!(uuids.windows(2).all(|w| w[0] != w[1]));
        assert!(organisation.party(11).name.contains('\u{202e}'));
    }

    #[test]
    fn sites_get_their_share_and_roles_all_occur() {
        let organisation = Organisation::new(1, 200);
        let shares: Vec<usize> = (0..4).map(|s| organisation.at_site(s).len()).collect();
        assert_eq!(shares, [70, 50, 50, 30]);
        for role in [Role::Office, Role::Sales, Role::Finance, Role::Agent, Role::Night, Role::Executive] {
            assert!((0..200).any(|p| organisation.role(p) == role), "{role:?}");
        }
        let queue = organisation.service(2, PartyKind::Queue);
        assert_eq!(organisation.party(queue).name, "Madrid Customer Care");
    }
}
