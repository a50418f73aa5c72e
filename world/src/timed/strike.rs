//! How faults strike, and how they end.

use model::{Host, NodeId, Process};

use super::climate::{FUSE, Fault, Fuse};
use super::queue::Item;
use super::site::{Burning, Input};
use super::{End, News, Node, World};
use crate::story::Step;
use crate::subject::Subject;
use crate::trace::What;

impl<S: Subject> World<'_, S> {
    pub(super) fn suffer(&mut self, fault: &Fault) {
        let (now, tally) = (self.sea.now, &mut self.sea.tally);
        if let Some(record) = &mut self.sea.record {
            record.begin(now, None, What::Fault, format!("FAULT {fault}"));
        }
        match *fault {
            Fault::Crash { node, down, fuse, keep, compacted } => {
                self.light(node, Burning { fuse, down, keep, compacted });
            }
            Fault::Rot { node, down, frame } => {
                let site = &mut self.nodes[node.index()].site;
                site.damaged = frame.checked_rem(site.durable).map(|place| place + 1);
                self.stop_for(node, down);
            }
            Fault::Forget { node, down, frames } => {
                self.forget(node, frames);
                self.stop_for(node, down);
            }
            Fault::Pause { node, span } => {
                tally.pauses += 1;
                let site = &mut self.nodes[node.index()].site;
                site.paused_until = site.paused_until.max(now + span);
            }
            Fault::Cut { from, to, both, span } => {
                self.sea.network.cut(from, to);
                if both {
                    self.sea.network.cut(to, from);
                }
                self.end_after(span, End::Cut { from, to, both });
            }
            Fault::Clog { from, to, span } => self.sea.network.clog(from, to, now + span),
            Fault::Stall { node, span } => {
                let site = &mut self.nodes[node.index()].site;
                site.stalled_until = site.stalled_until.max(now + span);
            }
            Fault::Skew { node, ppm } => {
                tally.skews += 1;
                self.nodes[node.index()].site.clock.skew(now, ppm);
            }
            Fault::Omit { node, sent_ppm, received_ppm, span } => {
                tally.omissions += 1;
                self.sea.network.omit(node, sent_ppm, received_ppm);
                self.end_after(span, End::Omit { node, sent_ppm, received_ppm });
            }
            Fault::Leap { node, by } => {
                tally.leaps += 1;
                self.nodes[node.index()].site.clock.leap(by);
            }
            Fault::Back { node, by } => {
                tally.set_back += 1;
                self.nodes[node.index()].site.clock.set_back(now, by);
            }
            Fault::Storm { loss_ppm, duplicate_ppm, span } => {
                tally.storms += 1;
                self.sea.network.storm(loss_ppm, duplicate_ppm);
                self.end_after(span, End::Storm { loss_ppm, duplicate_ppm });
            }
        }
    }

    /// A node crashes, now or when its fuse has burnt down, if it is up.
    fn light(&mut self, node: NodeId, burning: Burning) {
        let Node { host: Some(_), site, .. } = &mut self.nodes[node.index()] else {
            return;
        };
        if burning.fuse == Fuse::Now {
            self.crash(node.index(), burning);
        } else {
            let end = End::Fuse { node, run: site.run };
            site.fuse = Some(burning);
            self.end_after(FUSE, end);
        }
    }

    /// The node's disk forgets its last durable frames.
    fn forget(&mut self, node: NodeId, frames: u64) {
        let fresh = self.subject.process(node);
        let site = &mut self.nodes[node.index()].site;
        let mut log = site.log.clone().unwrap_or_default();
        let left = log.len().saturating_sub(usize::try_from(frames).unwrap_or(usize::MAX));
        self.sea.tally.frames_forgotten += (log.len() - left) as u64;
        log.truncate(left);
        site.hold(fresh, log);
    }

    /// The node stops, if it is up, and loses what is not durable.
    fn stop_for(&mut self, node: NodeId, down: u64) {
        if self.nodes[node.index()].host.is_some() {
            let (fuse, keep, compacted) = (Fuse::Now, 0, false);
            self.crash(node.index(), Burning { fuse, down, keep, compacted });
        }
    }

    fn end_after(&mut self, span: u64, end: End) {
        let fault = self.ends.len() as u32;
        self.ends.push(Some(end));
        self.sea.queue.push(self.sea.now + span, Item::End { fault });
    }

    pub(super) fn end(&mut self, end: End) {
        match end {
            End::Cut { from, to, both } => {
                let what = format_args!("the cut between {from} and {to} ends");
                self.sea.happens(None, What::Fault, what);
                self.sea.network.mend(from, to);
                if both {
                    self.sea.network.mend(to, from);
                }
            }
            End::Storm { loss_ppm, duplicate_ppm } => {
                self.sea.happens(None, What::Fault, format_args!("the storm ends"));
                self.sea.network.calm(loss_ppm, duplicate_ppm);
            }
            End::Omit { node, sent_ppm, received_ppm } => {
                let what = format_args!("the omissions of {node} end");
                self.sea.happens(None, What::Fault, what);
                self.sea.network.attend(node, sent_ppm, received_ppm);
            }
            End::Fuse { node, run } => {
                let site = &mut self.nodes[node.index()].site;
                if site.run == run {
                    site.fuse = None;
                }
            }
            End::Crash { node } => self.start(node.index()),
        }
    }

    /// The node stops, and comes back after its time.
    pub(super) fn crash(&mut self, index: usize, crash: Burning) {
        self.stop(index, crash.keep, crash.compacted);
        self.end_after(crash.down, End::Crash { node: NodeId(index as u16) });
    }

    /// The node stops; of its frames that are not yet durable, `keep` 256ths survive.
    pub(super) fn stop(&mut self, index: usize, keep: u8, compacted: bool) {
        let Node { host, site, .. } = &mut self.nodes[index];
        let kept = (usize::from(keep) * (site.frames.len() + 1)) >> 8;
        self.sea.tally.frames_kept += kept as u64;
        self.sea.tally.frames_lost += (site.frames.len() - kept) as u64;
        let node = site.me;
        let frames: Vec<_> = site.frames.drain(..).take(kept).collect();
        for frame in frames {
            site.keep(frame);
            self.sea.note_step(|| Step::Sync { node });
        }
        if compacted {
            self.sea.tally.compactions += 1;
            let records = site.disk.records();
            site.hold(self.subject.process(site.me), vec![records]);
        }
        *host = None;
        site.forget();
        let me = site.me;
        self.sea.crashed(me);
    }

    /// A node that is down recovers and starts.
    pub(super) fn start(&mut self, index: usize) {
        let Node { host, site, .. } = &mut self.nodes[index];
        if let Some(frame) = site.damaged {
            let (me, all) = (site.me, site.durable);
            let what = format_args!("{me} refuses to start: frame {frame} of {all} is damaged");
            self.sea.tally.refusals += 1;
            return self.sea.happens(None, What::Fault, what);
        }
        *host = Some(Host::new(site.me, site.disk.clone()));
        let me = site.me;
        if self.sea.now > 0 || site.run > 0 {
            self.sea.tally.restarts += 1;
            if self.sea.listening {
                self.sea.news.push(News::Restarted(me));
            }
        }
        site.inbox.push_back(Input::Start);
        site.wake_queued = true;
        // Nodes never start at quite the same time.
        let at = self.sea.now + 1 + site.wake_cost(&self.sea.climate);
        site.busy_until = at;
        self.sea.queue.push(at, Item::Wake { node: me.0, run: site.run });
    }
}
