//! A store with a victim, for those who tamper with it.

use crate::places::{Place, Rows};
use crate::world::{SESSIONS, SigningKey, World, open, pair, verify};
use assize_journal::{Checkpoint, Content, Draft, Event, Hash};
use std::collections::BTreeMap;

// `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout`, for tests only.
pub(crate) const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIF2WNOyOaNfZNpk2CDGRqLw5Pc3zdlikquvLoxriheOw\n\
    -----END PRIVATE KEY-----\n";
pub(crate) const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEA36LD+lEZflb9NHxawfb/3THv8F/uZ7yOn6PGZXKW2qU=\n\
    -----END PUBLIC KEY-----\n";
pub(crate) const OTHER_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEILXnXLrzVhp0k2E5yq2XZR0tlRC/0GESAjGPMBcyXtGX\n\
    -----END PRIVATE KEY-----\n";

/// What the victim has: checkpoints name events 3, 7 and 9.
pub(crate) const EVENTS: u64 = 10;

/// A store with a victim and bystanders, as it was before anything was done to it.
pub(crate) struct Scene<'a> {
    pub(crate) place: &'a dyn Place,
    pub(crate) public_key: String,
    pub(crate) victim: String,
    pub(crate) bystander: String,
    pub(crate) rows: Rows,
    pub(crate) events: Vec<Event>,
    pub(crate) checkpoints: Vec<Checkpoint>,
}

impl<'a> Scene<'a> {
    pub(crate) async fn set(place: &'a mut dyn Place, folder: &tempfile::TempDir) -> Self {
        let key = SigningKey::from_pem(KEY).unwrap();
        let store = open(&place.url()).await;
        let world = World::over(store);
        let bystander = world.cycles(3).await;
        world
            .post("/evaluate", &pair("a stream", "beside it"))
            .await;
        let victim = world.cycles(4).await;
        world.checkpoint(Some(&key)).await;
        for (from, to) in [(4, 8), (8, EVENTS)] {
            for index in from..to {
                let path = format!("{SESSIONS}/{victim}/reopen");
                let session = world.post(&path, "").await.json();
                assert_eq!(session["sequence"], index);
            }
            world.checkpoint(Some(&key)).await;
        }
        let rows = world.store.events(&victim, 0, 100).await.unwrap();
        let events = rows.iter().map(|row| Event::from_line(&row.line).unwrap());
        let events: Vec<_> = events.collect();
        assert_eq!(events.len() as u64, EVENTS);
        let checkpoints = world.store.checkpoints(0, 100).await.unwrap();
        assert_eq!(checkpoints.len(), 3);
        drop(world);
        let file = folder.path().join("public.pem");
        std::fs::write(&file, PUBLIC).unwrap();
        place.save();
        Self {
            place,
            public_key: file.to_str().unwrap().to_owned(),
            victim,
            bystander,
            rows: rows
                .into_iter()
                .map(|row| (row.sequence, row.line.into_bytes()))
                .collect(),
            events,
            checkpoints,
        }
    }

    pub(crate) fn verify(&self) -> (Option<i32>, Vec<String>) {
        verify(&self.place.url(), &[])
    }

    pub(crate) fn verify_signed(&self) -> (Option<i32>, Vec<String>) {
        verify(&self.place.url(), &["--public-key", &self.public_key])
    }

    /// Puts the store back, tampers, and checks that this is what is found, with `~` for the victim.
    #[track_caller]
    pub(crate) fn finds(&self, what: &str, tamper: impl FnOnce(&Self)) {
        self.place.restore();
        tamper(self);
        let what = what.replace('~', &self.victim);
        assert_eq!(self.verify(), (Some(1), vec![what]));
    }

    #[track_caller]
    pub(crate) fn finds_in_rows(&self, what: &str, change: impl FnOnce(&mut Rows)) {
        let mut rows = self.rows.clone();
        change(&mut rows);
        self.finds(what, |scene| scene.place.rewrite(&scene.victim, &rows));
    }

    /// An event that says another thing, and fits the one before it.
    pub(crate) fn forged(&self, sequence: u64) -> Event {
        let like = &self.events[sequence.min(EVENTS - 1) as usize];
        let previous = match sequence.checked_sub(1) {
            Some(before) => self.events[before as usize].hash,
            None => Hash::ZERO,
        };
        Event::seal(draft_like(like), like.chain.clone(), sequence, previous)
    }

    /// Removes events from the end, and sets the end back.
    pub(crate) fn cut_off(&self, left: usize) {
        self.place
            .rewrite(&self.victim, &self.rows[..left].to_vec());
        let last = &self.events[left - 1];
        self.place.set_head(&self.victim, last.sequence, last.hash);
    }

    pub(crate) fn checkpoints_with(&self, change: impl FnOnce(&mut Vec<(u64, String)>)) {
        let records = self.checkpoints.iter();
        let records = records.map(|one| (one.number, serde_json::to_string(one).unwrap()));
        let mut records = records.collect();
        change(&mut records);
        self.place.rewrite_checkpoints(&records);
    }

    /// The victim made anew with another beginning, all of it with the right hashes: its hashes by sequence.
    pub(crate) fn forge_chain(&self) -> BTreeMap<u64, Hash> {
        let mut previous = Hash::ZERO;
        let mut hashes = BTreeMap::new();
        let mut rows = Rows::new();
        for event in &self.events {
            let sequence = event.sequence;
            let forged = Event::seal(draft_like(event), event.chain.clone(), sequence, previous);
            previous = forged.hash;
            hashes.insert(sequence, previous);
            rows.push((sequence, forged.to_line().into_bytes()));
        }
        self.place.rewrite(&self.victim, &rows);
        self.place.set_head(&self.victim, EVENTS - 1, previous);
        hashes
    }
}

pub(crate) fn draft_like(event: &Event) -> Draft {
    Draft {
        time_ms: event.time_ms,
        tenant: event.tenant.clone(),
        actor: "forger".into(),
        request: event.request.clone(),
        engine: "governor:cycle",
        operation: "reopen",
        input: Content::Whole(String::new()),
        answer: Content::Whole("{\"verdict\":\"allow\"}".to_owned()),
        configuration: event.configuration.clone(),
        component: event.component.clone(),
    }
}

pub(crate) fn line(event: &Event) -> Vec<u8> {
    event.to_line().into_bytes()
}
