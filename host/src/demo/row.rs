//! One leg as the texts of its columns, reused from record to record.
//!
//! Owns what Webex would say of a leg. Does not own the file formats (`render`).

use std::ops::Range;

use super::columns::{COLUMNS, Column};
use super::leg::{CODES, Direction, Leg, NONE, Outcome, Peer, Service};
use super::organisation::{Organisation, Party, PartyKind};
use super::plans::{self, Kind};
use super::random::{hash, uuid};
use super::recorder::World;
use super::sites::{SITES, Site};
use super::spelling::{push_hex, push_number, push_time, push_uuid};

/// The texts of one record.
#[derive(Debug, Default)]
pub(super) struct Row {
    text: Vec<u8>,
    spans: Vec<Range<u32>>,
}

const SALT_CALL_ID: u64 = 41;
const SALT_SESSION: u64 = 42;
const SALT_CHANCE: u64 = 43;
const SALT_DEPARTMENT: u64 = 44;
const SALT_NETWORK: u64 = 45;

impl Row {
    /// The text of a column; empty if unused.
    pub(super) fn get(&self, column: usize) -> &[u8] {
        let span = &self.spans[column];
        &self.text[span.start as usize..span.end as usize]
    }

    fn write(&mut self, column: Column, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.text.len() as u32;
        write(&mut self.text);
        self.spans[column as usize] = start..self.text.len() as u32;
    }

    fn set(&mut self, column: Column, text: &str) {
        self.write(column, |out| out.extend_from_slice(text.as_bytes()));
    }

    fn copy(&mut self, column: Column, from: Column) {
        self.spans[column as usize] = self.spans[from as usize].clone();
    }

    /// Fills in all columns of the leg.
    pub(super) fn fill(&mut self, world: &World, leg: &Leg) {
        self.text.clear();
        self.spans.clear();
        self.spans.resize(COLUMNS.len(), 0..0);
        let organisation = &world.organisation;
        let owner = organisation.party(leg.owner);
        let site = &SITES[owner.site];
        let chance = hash(organisation.seed, SALT_CHANCE, leg.stream, leg.serial);
        self.times(world, leg, owner);
        self.identities(organisation, leg, owner);
        self.place(organisation, leg, owner, site);
        self.parties(organisation, leg, owner, chance);
        self.destination(leg, owner, site, chance);
        self.outcome(leg, chance);
        self.services(leg, owner, chance);
    }

    fn times(&mut self, world: &World, leg: &Leg, owner: &Party) {
        self.write(Column::StartTime, |out| push_time(out, leg.start));
        if leg.answered() {
            self.write(Column::AnswerTime, |out| push_time(out, leg.start + i64::from(leg.ring)));
        }
        self.write(Column::ReleaseTime, |out| push_time(out, leg.end()));
        self.copy(Column::ReportTime, Column::ReleaseTime);
        self.write(Column::Duration, |out| push_number(out, u64::from(leg.talk / 1000)));
        self.write(Column::RingDuration, |out| push_number(out, u64::from(leg.ring / 1000)));
        self.write(Column::HoldDuration, |out| push_number(out, u64::from(leg.hold)));
        let offset = world.calendar.offset(owner.site, leg.start);
        self.write(Column::SiteTimezone, |out| {
            if offset < 0 {
                out.push(b'-');
            }
            push_number(out, u64::from(offset.unsigned_abs()));
        });
    }

    fn identities(&mut self, organisation: &Organisation, leg: &Leg, owner: &Party) {
        let seed = organisation.seed;
        self.write(Column::ReportId, |out| push_uuid(out, leg.record_id(seed)));
        self.write(Column::CorrelationId, |out| push_uuid(out, leg.correlation_id(seed)));
        self.write(Column::OrgUuid, |out| push_uuid(out, organisation.uuid));
        if owner.kind != PartyKind::Trunk {
            self.write(Column::UserUuid, |out| push_uuid(out, owner.uuid));
        }
        let local = |serial| hash(seed, SALT_CALL_ID, leg.stream, serial) % 4_000_000_000;
        let push_local = |out: &mut Vec<u8>, serial| {
            push_number(out, local(serial));
            out.extend_from_slice(b":0");
        };
        self.write(Column::LocalCallId, |out| push_local(out, leg.serial));
        if leg.other_side != NONE {
            self.write(Column::RemoteCallId, |out| push_local(out, leg.other_side));
        }
        let network = hash(seed, SALT_NETWORK, leg.stream, leg.serial.min(leg.other_side));
        self.write(Column::NetworkCallId, |out| {
            out.extend_from_slice(b"BW");
            push_number(out, network);
            out.extend_from_slice(b"@10.21.0.192");
        });
        if leg.related != NONE {
            self.write(Column::RelatedCallId, |out| push_local(out, leg.related));
            if leg.service == Service::Deflection {
                self.copy(Column::TransferRelatedCallId, Column::RelatedCallId);
            }
            self.write(Column::InteractionId, |out| push_uuid(out, uuid(seed, 46, leg.stream, leg.call)));
        }
        if leg.answered() && owner.kind != PartyKind::Attendant {
            self.write(Column::CallId, |out| {
                out.extend_from_slice(b"SSE");
                push_number(out, network ^ 0x5a5a);
                out.extend_from_slice(b"@10.177.4.29");
            });
            let session = uuid(seed, SALT_SESSION, leg.stream, leg.serial);
            let remote = uuid(seed, SALT_SESSION, leg.stream, leg.other_side.min(leg.serial ^ NONE));
            self.write(Column::LocalSession, |out| push_hex(out, session, 32));
            self.write(Column::RemoteSession, |out| push_hex(out, remote, 32));
            self.copy(Column::FinalLocalSession, Column::LocalSession);
            self.copy(Column::FinalRemoteSession, Column::RemoteSession);
        }
    }

    fn place(&mut self, organisation: &Organisation, leg: &Leg, owner: &Party, site: &Site) {
        self.set(Column::Location, site.name);
        self.write(Column::SiteUuid, |out| push_uuid(out, organisation.site_uuid(owner.site)));
        self.write(Column::SiteMainNumber, |out| push_e164(out, site.block));
        if matches!(owner.kind, PartyKind::Person(_)) {
            let department = uuid(organisation.seed, SALT_DEPARTMENT, owner.department, 0);
            self.write(Column::DepartmentId, |out| push_uuid(out, department));
        }
        let device = organisation.device(leg.device);
        self.set(Column::ClientType, device.client_type);
        self.set(Column::ClientVersion, device.version);
        self.set(Column::SubClientType, device.sub_type);
        self.set(Column::OsType, device.os);
        self.set(Column::Model, device.model);
        if let Some(mac) = device.mac {
            self.write(Column::DeviceMac, |out| {
                let start = out.len();
                push_hex(out, u128::from(mac), 12);
                out[start..].make_ascii_uppercase();
            });
        }
        let kind = match owner.kind {
            PartyKind::Person(_) => "User",
            PartyKind::Attendant => "AutomatedAttendantVideo",
            PartyKind::Queue => "CallCenterPremium",
            PartyKind::HuntGroup => "HuntGroup",
            PartyKind::VoiceMail => "VoiceMailRetrieval",
            PartyKind::Trunk => "LocalGateway",
        };
        self.set(Column::UserType, kind);
        if !matches!(leg.peer, Peer::Outside(_) | Peer::Emergency) {
            return;
        }
        match (site.trunk, leg.direction) {
            (Some((trunk, group)), Direction::Originating) => {
                self.set(Column::OutboundTrunk, trunk);
                self.set(Column::RouteGroup, group);
            }
            (Some((trunk, _)), Direction::Terminating) => self.set(Column::InboundTrunk, trunk),
            (None, _) => {
                self.set(Column::PstnVendorName, "Cisco Calling Plans");
                self.set(Column::PstnLegalEntity, "Broadsoft Adaption LLC");
                self.set(Column::PstnVendorOrgId, "0b43a1a8-2efd-4892-b301-e7a5a6d2c884");
                self.set(Column::PstnProviderId, "e8e730a0-ee04-4df4-90a6-b7072aec9062");
            }
        }
    }

    fn parties(&mut self, organisation: &Organisation, leg: &Leg, owner: &Party, chance: u64) {
        let inside = matches!(leg.peer, Peer::Party(_));
        if owner.kind != PartyKind::Trunk {
            self.set(Column::User, &owner.name);
            self.write(Column::UserNumber, |out| push_e164(out, owner.number));
        }
        let (own, other) = match leg.direction {
            Direction::Originating => (Column::CallingNumber, Column::CalledNumber),
            Direction::Terminating => (Column::CalledNumber, Column::CallingNumber),
        };
        self.write(own, |out| {
            if leg.caller != 0 {
                push_e164(out, leg.caller);
            } else if inside {
                push_number(out, u64::from(owner.extension));
            } else {
                push_e164(out, owner.number);
            }
        });
        self.write(other, |out| push_peer(out, organisation, leg.peer, &SITES[owner.site]));
        let (own_line, other_line) = match leg.direction {
            Direction::Originating => (Column::CallingLineId, Column::CalledLineId),
            Direction::Terminating => (Column::CalledLineId, Column::CallingLineId),
        };
        match leg.peer {
            Peer::Party(peer) => {
                self.set(own_line, &owner.name);
                self.set(other_line, &organisation.party(peer).name);
            }
            Peer::Outside(_) if leg.direction == Direction::Terminating && chance & 3 != 0 => {
                self.copy(other_line, other);
            }
            _ => {}
        }
        // One in eight presents the site's main number.
        let masked = matches!(owner.kind, PartyKind::Person(_)) && owner.department == 3;
        if leg.redirected_by != NONE {
            let by = organisation.party(leg.redirected_by);
            self.write(Column::RedirectingNumber, |out| push_e164(out, by.number));
            self.write(Column::RedirectingPartyUuid, |out| push_uuid(out, by.uuid));
            self.copy(Column::OriginalCalledPartyUuid, Column::RedirectingPartyUuid);
        }
        match leg.direction {
            Direction::Terminating => self.copy(Column::CallerIdNumber, Column::CallingNumber),
            Direction::Originating if leg.redirected_by != NONE => {
                self.copy(Column::CallerIdNumber, Column::RedirectingNumber);
            }
            Direction::Originating if masked && !inside => {
                self.copy(Column::CallerIdNumber, Column::SiteMainNumber);
                self.copy(Column::ExternalCallerIdNumber, Column::SiteMainNumber);
            }
            Direction::Originating => self.copy(Column::CallerIdNumber, own),
        }
    }

    fn destination(&mut self, leg: &Leg, owner: &Party, site: &Site, chance: u64) {
        self.set(
            Column::Direction,
            match leg.direction {
                Direction::Originating => "ORIGINATING",
                Direction::Terminating => "TERMINATING",
            },
        );
        let number = match leg.peer {
            Peer::Outside(number) => number,
            Peer::Party(_) => {
                self.set(Column::CallType, "SIP_ENTERPRISE");
                if leg.direction == Direction::Originating && owner.kind != PartyKind::Trunk {
                    self.copy(Column::DialedDigits, Column::CalledNumber);
                }
                return;
            }
            Peer::Code(_) | Peer::Failed(_) => {
                self.set(Column::CallType, "UNKNOWN");
                self.copy(Column::DialedDigits, Column::CalledNumber);
                return;
            }
            Peer::Emergency => {
                self.set(Column::CallType, "SIP_EMERGENCY");
                self.copy(Column::DialedDigits, Column::CalledNumber);
                self.copy(Column::Elin, Column::SiteMainNumber);
                self.set(Column::EmergencyNumberSource, "ECBN");
                return;
            }
        };
        if leg.direction == Direction::Terminating {
            self.set(Column::CallType, "SIP_INBOUND");
            return;
        }
        let (kind, country) = plans::classify(number, site.country);
        self.set(
            Column::CallType,
            match kind {
                Kind::National => "SIP_NATIONAL",
                Kind::Mobile => "SIP_MOBILE",
                Kind::TollFree => "SIP_TOLLFREE",
                Kind::Premium => "SIP_PREMIUM",
                Kind::Abroad => "SIP_INTERNATIONAL",
            },
        );
        if kind == Kind::Abroad {
            self.set(Column::InternationalCountry, country.filter(|c| *c != "001").unwrap_or(""));
        }
        if leg.redirected_by != NONE {
            return;
        }
        // Clicking a number in the app dials it as it stands; fingers dial the way the site's plan wants.
        if chance & 0x30 == 0 {
            self.copy(Column::DialedDigits, Column::CalledNumber);
            return;
        }
        self.write(Column::DialedDigits, |out| {
            out.extend_from_slice(site.outside_access.unwrap_or("").as_bytes());
            let code = plans::of(site.country).code.len();
            let domestic = kind != Kind::Abroad;
            if !domestic {
                out.extend_from_slice(site.abroad.as_bytes());
            }
            let start = out.len();
            push_number(out, number);
            if domestic && site.country != "US" {
                out.drain(start..start + code);
            }
        });
    }

    fn outcome(&mut self, leg: &Leg, chance: u64) {
        self.set(Column::Answered, if leg.answered() { "true" } else { "false" });
        let redirected = leg.service == Service::VoiceMail
            || (leg.direction == Direction::Terminating
                && leg.redirected_by == NONE
                && leg.answered()
                && matches!(leg.service, Service::ForwardAlways | Service::ForwardNoAnswer));
        self.set(
            Column::AnswerIndicator,
            match (redirected, leg.answered()) {
                (true, _) => "Yes-PostRedirection",
                (false, true) => "Yes",
                (false, false) => "No",
            },
        );
        let (outcome, reason) = match leg.outcome {
            Outcome::Answered => ("Success", "Normal"),
            Outcome::NoAnswer => ("Success", "NoAnswer"),
            Outcome::Busy => ("Success", "UserBusy"),
            Outcome::Rejected => ("Refusal", "CallRejected"),
            Outcome::Unassigned => ("Refusal", "UnassignedNumber"),
            Outcome::Unavailable => ("Refusal", "TemporarilyUnavailable"),
            Outcome::TooMany => ("Failure", "MaxConcurrentTerminatingAlertingRequestsExceeded"),
            Outcome::Blocked => ("Refusal", "AdminCallBlock"),
        };
        self.set(Column::CallOutcome, outcome);
        self.set(Column::CallOutcomeReason, reason);
        self.set(
            Column::ReleasingParty,
            match (outcome, chance >> 8 & 3) {
                ("Success", 0) => "Local",
                ("Success", 1) if leg.answered() => "Local",
                ("Success", _) => "Remote",
                _ => "Unknown",
            },
        );
    }

    fn services(&mut self, leg: &Leg, owner: &Party, chance: u64) {
        let way_out = leg.direction == Direction::Originating || leg.redirected_by != NONE;
        let reasons = match leg.service {
            Service::ForwardAlways if way_out => ("Unconditional", "Unconditional", "CallForwardAlways"),
            Service::ForwardNoAnswer if way_out => ("NoAnswer", "NoAnswer", "CallForwardNoAnswer"),
            Service::VoiceMail => ("NoAnswer", "Unavailable", ""),
            Service::Queue if way_out => ("CallQueue", "CallQueue", "CallQueue"),
            Service::HuntGroup if way_out => ("HuntGroup", "HuntGroup", "HuntGroup"),
            Service::Elsewhere => ("CallQueue", "CallQueue", "CallQueue"),
            Service::Deflection => ("Deflection", "Deflection", "Deflection"),
            _ => ("", "", ""),
        };
        self.set(Column::OriginalReason, reasons.0);
        self.set(Column::RedirectReason, reasons.1);
        self.set(Column::RelatedReason, reasons.2);
        if leg.service == Service::Elsewhere {
            self.set(Column::AnsweredElsewhere, "Yes");
        }
        if matches!(leg.service, Service::Queue | Service::Elsewhere) {
            self.set(Column::QueueType, if owner.site == 0 { "CustomerAssist" } else { "CallQueue" });
            if leg.answered() {
                self.set(Column::RecordingPlatform, "Webex");
                self.set(Column::RecordingResult, "successful");
                self.set(Column::RecordingTrigger, "always");
            }
        }
        match leg.key {
            0 => {}
            b'n' => self.set(Column::AutoAttendantKey, "No Selection"),
            key => self.write(Column::AutoAttendantKey, |out| out.push(key)),
        }
        if leg.direction == Direction::Terminating && matches!(leg.peer, Peer::Outside(_)) {
            let (score, result) =
                if leg.outcome == Outcome::Blocked { (7, "block") } else { (31 + chance / 7 % 20, "allow") };
            self.write(Column::ReputationScore, |out| {
                push_number(out, score / 10);
                out.push(b'.');
                push_number(out, score % 10);
            });
            self.set(Column::ReputationResult, result);
        }
    }
}

fn push_e164(out: &mut Vec<u8>, number: u64) {
    out.push(b'+');
    push_number(out, number);
}

fn push_peer(out: &mut Vec<u8>, organisation: &Organisation, peer: Peer, site: &Site) {
    match peer {
        Peer::Outside(number) => push_e164(out, number),
        Peer::Party(party) => push_number(out, u64::from(organisation.party(party).extension)),
        Peer::Code(code) => out.extend_from_slice(CODES[usize::from(code)].as_bytes()),
        Peer::Failed(digits) => push_number(out, digits),
        Peer::Emergency => out.extend_from_slice(site.emergency.as_bytes()),
    }
}
