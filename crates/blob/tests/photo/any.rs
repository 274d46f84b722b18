//! Files that are no photographs, or were one before something happened to them: an answer, never a panic (T17 of the trust plan).

use blob::photo::{Limits, clean};
use proptest::prelude::*;

use crate::{
    leftovers::leftovers,
    made_up::{Camera, jpeg_with, picture, png_with, webp_with},
};

/// What happens to a file: a byte becomes another, some are left out, some are doubled.
#[derive(Clone, Debug)]
enum Harm {
    Change(prop::sample::Index, u8),
    Leave(prop::sample::Index, usize),
    Double(prop::sample::Index, usize),
}

fn harms() -> impl Strategy<Value = Vec<Harm>> {
    let at = any::<prop::sample::Index>;
    let one = prop_oneof![
        6 => (at(), any::<u8>()).prop_map(|(i, b)| Harm::Change(i, b)),
        1 => (at(), 1usize..64).prop_map(|(i, n)| Harm::Leave(i, n)),
        1 => (at(), 1usize..64).prop_map(|(i, n)| Harm::Double(i, n)),
    ];
    prop::collection::vec(one, 1..12)
}

fn harmed(mut file: Vec<u8>, harms: &[Harm]) -> Vec<u8> {
    for harm in harms {
        let end = |start: usize, n: usize, file: &[u8]| (start + n).min(file.len());
        match harm {
            Harm::Change(at, byte) => {
                let at = at.index(file.len());
                file[at] = *byte;
            }
            Harm::Leave(at, n) if file.len() > 64 => {
                let start = at.index(file.len());
                file.drain(start..end(start, *n, &file));
            }
            Harm::Leave(..) => {}
            Harm::Double(at, n) => {
                let start = at.index(file.len());
                let part = file[start..end(start, *n, &file)].to_vec();
                file.splice(start..start, part);
            }
        }
    }
    file
}

proptest! {
    #[test]
    fn a_harmed_photograph_is_cleaned_or_refused(kind in 0usize..3, harms in harms(), early in any::<bool>()) {
        let make = [jpeg_with as fn(&_, &Camera) -> Vec<u8>, png_with, webp_with][kind];
        let file = make(&picture(40, 30), &Camera::default());
        // Half of the harm is done where the tags of the camera stand.
        let file = if early {
            let (head, rest) = file.split_at(file.len().min(600));
            [harmed(head.to_vec(), &harms), rest.to_vec()].concat()
        } else {
            harmed(file, &harms)
        };
        if let Ok(photo) = clean(&file, &Limits::default()) {
            prop_assert_eq!(leftovers(&photo.jpeg), Vec::<String>::new());
        }
    }

    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(clean(&bytes, &Limits::default()).is_err());
    }
}
