//! The roll: who works in which post, at all times, in rows that hold no text of their own.
//!
//! A district has ten posts for every grid, and each is asked about rarely. So rows are small and stand in sorted lists, words that repeat are
//! kept once, and what a caller gets is put together when it asks.

use kernel::{Id, Time};

use super::model::{Holder, Person, Post, Unit, holds};

/// Somebody who works for the district.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonRef<'a> {
    /// Who.
    pub id: Id<Person>,
    /// Staff number.
    pub staff_no: &'a str,
    /// Name; staff act under it in public.
    pub name: &'a str,
}

/// A post of a unit with those who held it.
#[derive(Clone, Copy, Debug)]
pub struct PostRef<'a> {
    /// Which post.
    pub id: Id<Post>,
    /// The unit that has it.
    pub unit: Id<Unit>,
    /// The slot of the staffing template, such as `full_time`.
    pub slot: &'a str,
    /// What it is called.
    pub title: &'a str,
    /// The first instant.
    pub from: Time,
    /// The first instant after; none while it lasts.
    pub to: Option<Time>,
    roll: &'a Roll,
    holders: &'a [HolderRow],
}

/// Somebody in a post from an instant to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HolderRef<'a> {
    /// Who.
    pub person: Id<Person>,
    /// How employed: `full_time`, `part_time`, `seconded` …
    pub employment: Option<&'a str>,
    /// The first instant.
    pub from: Time,
    /// The first instant after; none while it lasts.
    pub to: Option<Time>,
}

impl<'a> PostRef<'a> {
    /// Who holds it at this instant.
    pub fn holder(&self, at: Time) -> Option<HolderRef<'a>> {
        self.holders.iter().find(|h| h.term.holds(at)).map(|h| self.roll.holder(h))
    }

    /// When this person held it last.
    pub fn last_held_by(&self, person: Id<Person>) -> Option<HolderRef<'a>> {
        self.holders.iter().rev().map(|h| self.roll.holder(h)).find(|h| h.person == person)
    }

    /// Whether somebody ever held it.
    pub fn was_held(&self) -> bool {
        !self.holders.is_empty()
    }

    /// Whether the post exists at this instant.
    pub fn exists(&self, at: Time) -> bool {
        holds(self.from, self.to, at)
    }
}

/// People, posts and holders of all times.
#[derive(Debug, Default)]
pub(super) struct Roll {
    /// By id.
    people: Vec<PersonRow>,
    /// Staff number and name of everybody, one after the other.
    texts: String,
    /// Places in `people`, by staff number.
    by_staff_no: Vec<u32>,
    /// Units that have posts, by id.
    units: Vec<Id<Unit>>,
    /// Where the posts of each of these units begin, and the end of the last.
    begins: Vec<u32>,
    /// By unit, and within it in the order of its list.
    posts: Vec<PostRow>,
    /// Places in `posts`, by id.
    by_post: Vec<u32>,
    /// By post, then in order of time.
    holders: Vec<HolderRow>,
    /// Places of a person and of a post that they hold or held, in this order.
    held: Vec<(u32, u32)>,
    words: Vec<Box<str>>,
}

#[derive(Clone, Copy, Debug)]
struct PersonRow {
    id: Id<Person>,
    /// Where the staff number begins, where it ends and the name begins, where that ends.
    text: [u32; 3],
}

#[derive(Clone, Copy, Debug)]
struct PostRow {
    id: Id<Post>,
    unit: u32,
    slot: u32,
    title: u32,
    /// Where its holders begin and end.
    holders: [u32; 2],
    term: Term,
}

#[derive(Clone, Copy, Debug)]
struct HolderRow {
    person: u32,
    /// A word; [`NONE`] when nobody said.
    employment: u32,
    term: Term,
}

const NONE: u32 = u32::MAX;

/// A half-open time; one without an end has the last instant there is.
#[derive(Clone, Copy, Debug)]
struct Term(Time, Time);

impl Term {
    const FOREVER: Time = Time::from_millis(i64::MAX);

    fn new(from: Time, to: Option<Time>) -> Self {
        Self(from, to.unwrap_or(Self::FOREVER))
    }

    fn to(self) -> Option<Time> {
        (self.1 != Self::FOREVER).then_some(self.1)
    }

    fn holds(self, at: Time) -> bool {
        holds(self.0, self.to(), at)
    }
}

impl Roll {
    /// Somebody by id.
    pub fn person(&self, id: Id<Person>) -> Option<PersonRef<'_>> {
        self.place(id).map(|at| self.at(at))
    }

    /// Everybody, by staff number.
    pub fn people(&self) -> impl Iterator<Item = PersonRef<'_>> {
        self.by_staff_no.iter().map(|&at| self.at(at as usize))
    }

    /// Somebody by staff number.
    pub fn person_by_staff_no(&self, staff_no: &str) -> Option<PersonRef<'_>> {
        let found = self.by_staff_no.binary_search_by(|&at| self.at(at as usize).staff_no.cmp(staff_no)).ok()?;
        Some(self.at(self.by_staff_no[found] as usize))
    }

    /// A post by its id.
    pub fn post(&self, id: Id<Post>) -> Option<PostRef<'_>> {
        let found = self.by_post.binary_search_by_key(&id, |&at| self.posts[at as usize].id).ok()?;
        Some(self.view(&self.posts[self.by_post[found] as usize]))
    }

    /// Every post that a unit ever had, in the order of its list.
    pub fn posts(&self, unit: Id<Unit>) -> impl Iterator<Item = PostRef<'_>> {
        let rows = self.units.binary_search(&unit).map_or(0..0, |at| self.begins[at] as usize..self.begins[at + 1] as usize);
        self.posts[rows].iter().map(|row| self.view(row))
    }

    /// Every post that somebody holds or ever held, each once.
    pub fn posts_of(&self, person: Id<Person>) -> impl Iterator<Item = PostRef<'_>> {
        let place = self.place(person).map_or(NONE, |at| at as u32);
        let first = self.held.partition_point(|held| held.0 < place);
        self.held[first..].iter().take_while(move |held| held.0 == place).map(|held| self.view(&self.posts[held.1 as usize]))
    }

    fn place(&self, person: Id<Person>) -> Option<usize> {
        self.people.binary_search_by_key(&person, |row| row.id).ok()
    }

    fn at(&self, place: usize) -> PersonRef<'_> {
        let PersonRow { id, text: [begin, middle, end] } = self.people[place];
        let text = |from: u32, to: u32| &self.texts[from as usize..to as usize];
        PersonRef { id, staff_no: text(begin, middle), name: text(middle, end) }
    }

    fn view(&self, row: &PostRow) -> PostRef<'_> {
        PostRef {
            id: row.id,
            unit: self.units[row.unit as usize],
            slot: &self.words[row.slot as usize],
            title: &self.words[row.title as usize],
            from: row.term.0,
            to: row.term.to(),
            roll: self,
            holders: &self.holders[row.holders[0] as usize..row.holders[1] as usize],
        }
    }

    fn holder(&self, row: &HolderRow) -> HolderRef<'_> {
        HolderRef {
            person: self.people[row.person as usize].id,
            employment: self.words.get(row.employment as usize).map(|w| &**w),
            from: row.term.0,
            to: row.term.to(),
        }
    }
}

/// A roll in the making: rows come in any order, but those of a unit in the order of its list.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    people: Vec<PersonRow>,
    texts: String,
    posts: Vec<(Id<Unit>, PostRow)>,
    holders: Vec<(Id<Post>, Id<Person>, HolderRow)>,
    words: Vec<Box<str>>,
    known: std::collections::HashMap<Box<str>, u32>,
}

impl Gathering {
    /// Takes somebody in.
    pub fn person(&mut self, person: &Person) {
        let begin = self.texts.len() as u32;
        self.texts.push_str(&person.staff_no);
        let middle = self.texts.len() as u32;
        self.texts.push_str(&person.name);
        self.people.push(PersonRow { id: person.id, text: [begin, middle, self.texts.len() as u32] });
    }

    /// Takes a post in.
    pub fn post(&mut self, post: &Post) {
        let (slot, title, term) = (self.word(&post.slot), self.word(&post.title), Term::new(post.from, post.to));
        self.posts.push((post.unit, PostRow { id: post.id, unit: 0, slot, title, holders: [0, 0], term }));
    }

    /// Takes somebody's time in a post in.
    pub fn holder(&mut self, post: Id<Post>, holder: &Holder) {
        let employment = holder.employment.as_deref().map_or(NONE, |word| self.word(word));
        self.holders.push((post, holder.person, HolderRow { person: 0, employment, term: Term::new(holder.from, holder.to) }));
    }

    fn word(&mut self, word: &str) -> u32 {
        if let Some(&at) = self.known.get(word) {
            return at;
        }
        let at = self.words.len() as u32;
        self.words.push(word.into());
        self.known.insert(word.into(), at);
        at
    }

    /// Puts the rows in order.
    pub fn finish(mut self) -> Roll {
        self.people.sort_by_key(|row| row.id);
        self.posts.sort_by_key(|(unit, _)| *unit);
        self.holders.sort_by_key(|(post, _, row)| (*post, row.term.0));
        let mut roll = Roll { people: self.people, texts: self.texts, words: self.words, ..Roll::default() };
        roll.people.shrink_to_fit();
        roll.texts.shrink_to_fit();
        roll.by_staff_no = sorted(roll.people.len(), |&a, &b| roll.at(a as usize).staff_no.cmp(roll.at(b as usize).staff_no));
        roll.posts.reserve_exact(self.posts.len());
        roll.holders.reserve_exact(self.holders.len());
        for (unit, mut row) in self.posts {
            if roll.units.last() != Some(&unit) {
                roll.units.push(unit);
                roll.begins.push(roll.posts.len() as u32);
            }
            row.unit = roll.units.len() as u32 - 1;
            let first = self.holders.partition_point(|(post, ..)| *post < row.id);
            row.holders[0] = roll.holders.len() as u32;
            for (_, person, holder) in self.holders[first..].iter().take_while(|(post, ..)| *post == row.id) {
                let Some(person) = roll.place(*person) else { continue };
                roll.held.push((person as u32, roll.posts.len() as u32));
                roll.holders.push(HolderRow { person: person as u32, ..*holder });
            }
            row.holders[1] = roll.holders.len() as u32;
            roll.posts.push(row);
        }
        roll.begins.push(roll.posts.len() as u32);
        roll.by_post = sorted(roll.posts.len(), |&a, &b| roll.posts[a as usize].id.cmp(&roll.posts[b as usize].id));
        roll.held.sort_unstable();
        roll.held.dedup();
        roll.held.shrink_to_fit();
        roll
    }
}

/// The places of a list in another order.
fn sorted(len: usize, order: impl FnMut(&u32, &u32) -> std::cmp::Ordering) -> Vec<u32> {
    let mut places: Vec<u32> = (0..len as u32).collect();
    places.sort_unstable_by(order);
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id<T>(n: u128) -> Id<T> {
        Id::from_uuid(uuid::Uuid::from_u128(n))
    }

    const fn at(n: i64) -> Time {
        Time::from_millis(n)
    }

    proptest! {
        /// Whatever comes in comes out as a plain search through the rows would find it.
        #[test]
        fn the_roll_answers_as_a_search_through_all_rows_would(
            people in prop::collection::btree_set(1_u128..40, 0..20),
            posts in prop::collection::btree_map(1_u128..60, (1_u128..8, 0..3_usize, 0_i64..5, prop::option::of(5_i64..9)), 0..30),
            terms in prop::collection::vec((1_u128..60, 1_u128..40, 0_i64..8, 1_i64..4, any::<bool>()), 0..40),
            when in 0_i64..9,
        ) {
            let words = ["full_time", "head", "deputy"];
            let person = |n: u128| Person { id: id(n), staff_no: format!("{}", 100 - n), name: format!("人{n}") };
            let post = |n: u128, &(unit, word, from, to): &(u128, usize, i64, Option<i64>)| Post {
                id: id(n), unit: id(unit), slot: words[word].into(), title: format!("岗位{word}"), from: at(from), to: to.map(at),
            };
            // One after the other, as the rule of one holder at a time has it.
            let mut ends = std::collections::BTreeMap::new();
            let mut held: Vec<(u128, Holder)> = vec![];
            for (on, who, gap, long, told) in terms {
                if !posts.contains_key(&on) || !people.contains(&who) {
                    continue;
                }
                let from = ends.get(&on).copied().unwrap_or(0) + gap;
                ends.insert(on, from + long);
                held.push((on, Holder {
                    id: id(1), person: id(who), employment: told.then(|| "seconded".into()), from: at(from), to: Some(at(from + long)),
                }));
            }
            let mut gathering = Gathering::default();
            for &n in people.iter().rev() {
                gathering.person(&person(n));
            }
            for (&n, row) in &posts {
                gathering.post(&post(n, row));
            }
            for (on, holder) in held.iter().rev() {
                gathering.holder(id(*on), holder);
            }
            let roll = gathering.finish();

            for n in 0..42 {
                let expected = people.contains(&n).then(|| person(n));
                for found in [roll.person(id(n)), roll.person_by_staff_no(&format!("{}", 100 - n))] {
                    let found = found.map(|p| Person { id: p.id, staff_no: p.staff_no.into(), name: p.name.into() });
                    prop_assert_eq!(found.as_ref(), expected.as_ref());
                }
                let mut of: Vec<u128> = held.iter().filter(|(_, h)| h.person == id(n)).map(|(on, _)| *on).collect();
                of.sort_by_key(|on| (posts[on].0, *on));
                of.dedup();
                prop_assert_eq!(roll.posts_of(id(n)).map(|p| p.id).collect::<Vec<_>>(), of.into_iter().map(id).collect::<Vec<_>>());
            }
            for (&n, row) in &posts {
                let (expected, found) = (post(n, row), roll.post(id(n)).expect("it was put in"));
                prop_assert_eq!((found.id, found.unit, found.slot, found.title), (expected.id, expected.unit, &*expected.slot, &*expected.title));
                prop_assert_eq!((found.from, found.to), (expected.from, expected.to));
                let mine: Vec<&Holder> = held.iter().filter(|(on, _)| *on == n).map(|(_, h)| h).collect();
                prop_assert_eq!(found.was_held(), !mine.is_empty());
                let holder = mine.iter().find(|h| holds(h.from, h.to, at(when)));
                let answer = found.holder(at(when));
                prop_assert_eq!(answer.map(|h| (h.person, h.employment, h.from, h.to)),
                    holder.map(|h| (h.person, h.employment.as_deref(), h.from, h.to)));
            }
            for unit in 0..9 {
                let expected: Vec<Id<Post>> = posts.iter().filter(|(_, p)| p.0 == unit).map(|(&n, _)| id(n)).collect();
                prop_assert_eq!(roll.posts(id(unit)).map(|p| p.id).collect::<Vec<_>>(), expected);
            }
        }
    }
}
