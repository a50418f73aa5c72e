//! Which nodes can be taken for one another.

use model::NodeSet;
use serde::Serialize;
use serde::de::DeserializeOwned;
use world::Subject;
use world::rename::Symmetry;

/// Of these nodes, which nothing but what they may be asked tells apart: those that may be asked
/// the same are interchangeable.
pub(crate) fn alike<S>(subject: &S, among: NodeSet) -> Option<Symmetry<S>>
where
    S: Subject<Process: Serialize + DeserializeOwned, Monitor: Serialize + DeserializeOwned>,
{
    let mut groups: Vec<NodeSet> = Vec::new();
    for node in among.iter() {
        let requests = subject.requests(node);
        let is_own = |group: &&mut NodeSet| {
            group.iter().next().is_some_and(|first| subject.requests(first) == requests)
        };
        match groups.iter_mut().find(is_own) {
            Some(group) => _ = group.insert(node),
            None => groups.push([node].into_iter().collect()),
        }
    }
    groups.retain(|group| group.len() > 1);
    (!groups.is_empty()).then(|| Symmetry::of(&groups))
}
