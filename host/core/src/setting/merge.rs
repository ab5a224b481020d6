//! Merging layers of settings. Owns the rules; where layers come from is not known here.

use super::{Entry, Setting, Tree};

impl Setting {
    /// Lays another layer over this one: maps are merged key by key, everything else (lists too) is replaced, and `null`
    /// takes away what is below. These are the rules of RFC 7386, of Helm and of istioctl 1.4.
    pub fn lay_over(&mut self, over: Setting) {
        self.lay(over, false);
    }

    /// Like [`Setting::lay_over`], but `null` stays: for what is handed on to somebody to whom it has a meaning.
    pub fn lay_over_with_nulls(&mut self, over: Setting) {
        self.lay(over, true);
    }

    /// Makes one layer of two: like [`Setting::lay_over`], but `null` stays in the result, so that it still takes away when
    /// the result is itself laid over something.
    ///
    /// # Errors
    /// Gives the upper layer back when no single layer acts like the two: where the lower one replaces or takes away what
    /// the upper one then makes a map of.
    pub fn stack(&mut self, over: Setting) -> Result<(), Box<Setting>> {
        if self.stacks_with(&over) {
            self.lay(over, true);
            Ok(())
        } else {
            Err(Box::new(over))
        }
    }

    fn stacks_with(&self, over: &Setting) -> bool {
        match (self.map(), over.map()) {
            (Some(below), Some(over)) => over.iter().all(|(key, entry)| {
                below
                    .get(key)
                    .is_none_or(|below| below.setting.stacks_with(&entry.setting))
            }),
            (None, Some(_)) => false,
            (_, None) => true,
        }
    }

    fn lay(&mut self, over: Setting, keep_null: bool) {
        let Setting {
            origin,
            value: Tree::Map(over),
            ..
        } = over
        else {
            *self = over;
            return;
        };
        if self.map().is_none() {
            *self = Self::empty_map(&origin);
        }
        self.origin = origin;
        let below = self.map_mut().expect("has just been made a map");
        for (key, entry) in over {
            if entry.setting.value == Tree::Null && !keep_null {
                below.shift_remove(&key);
                continue;
            }
            match below.get_mut(&key) {
                Some(under) => {
                    under.key = entry.key;
                    under.setting.lay(entry.setting, keep_null);
                }
                None if keep_null => {
                    below.insert(key, entry);
                }
                None => {
                    // A new map may hold nulls, which take away nothing.
                    let mut setting = Setting::empty_map(&entry.setting.origin);
                    setting.lay(entry.setting, false);
                    let key_origin = entry.key;
                    below.insert(
                        key,
                        Entry {
                            key: key_origin,
                            setting,
                        },
                    );
                }
            }
        }
    }
}
