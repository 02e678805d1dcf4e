//! The tree that one profile (a file with everything it includes, or a directory) parses into.
//!
//! Nodes live in one vector and name each other by index, so a file that nests very deeply neither parses
//! nor drops recursively, and an `include` in the middle of a section can add to the root while the parser
//! still holds its place.

use std::path::{Path, PathBuf};

/// Index of a node in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(usize);

/// The root section of every tree.
pub(super) const ROOT: NodeId = NodeId(0);

/// Where a node was first seen: index into the tree's sources, and the line (from 1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) source: usize,
    pub(super) line: u32,
}

/// A section (no value) or a relation (a value, perhaps empty).
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: Box<[u8]>,
    pub(super) value: Option<Box<[u8]>>,
    /// A final section ends the search: files later in the list are not asked.
    pub(super) is_final: bool,
    pub(super) place: Place,
    parent: Option<NodeId>,
    /// Sorted by name; equal names keep the order of the file.
    children: Vec<NodeId>,
}

/// One parsed profile.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    sources: Vec<PathBuf>,
}

impl Tree {
    pub(super) fn new() -> Tree {
        let root = Node {
            name: Box::default(),
            value: None,
            is_final: false,
            place: Place { source: 0, line: 0 },
            parent: None,
            children: Vec::new(),
        };
        Tree { nodes: vec![root], sources: Vec::new() }
    }

    /// Registers a file that lines come from and returns its index for [`Place`].
    pub(super) fn add_source(&mut self, path: &Path) -> usize {
        self.sources.push(path.to_path_buf());
        self.sources.len() - 1
    }

    /// The file of a place; empty for the root, which stands in none.
    pub(super) fn source(&self, place: Place) -> &Path {
        self.sources.get(place.source).map_or(Path::new(""), PathBuf::as_path)
    }

    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0)
    }

    pub(super) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.node(id)?.parent
    }

    /// The children of `id` in MIT's order: by name, then as they were read.
    pub(super) fn children(&self, id: NodeId) -> impl Iterator<Item = (NodeId, &Node)> {
        let ids = self.node(id).map_or(&[][..], |n| n.children.as_slice());
        ids.iter().filter_map(|&child| Some((child, self.node(child)?)))
    }

    /// The subsection of that name. There is at most one: sections continue, they are not repeated.
    pub(super) fn subsection(&self, id: NodeId, name: &[u8]) -> Option<NodeId> {
        self.named(id, name).find(|(_, n)| n.value.is_none()).map(|(child, _)| child)
    }

    /// The children of `id` with that name.
    pub(super) fn named<'t>(
        &'t self,
        id: NodeId,
        name: &[u8],
    ) -> impl Iterator<Item = (NodeId, &'t Node)> + use<'t> {
        let ids = self.node(id).map_or(&[][..], |n| n.children.as_slice());
        let bound = |below: fn(&[u8], &[u8]) -> bool| {
            ids.partition_point(|&child| self.node(child).is_some_and(|n| below(&n.name, name)))
        };
        let equal = ids.get(bound(|a, b| a < b)..bound(|a, b| a <= b)).unwrap_or_default();
        equal.iter().filter_map(|&child| Some((child, self.node(child)?)))
    }

    /// Finds the subsection or adds it.
    pub(super) fn open_section(&mut self, parent: NodeId, name: &[u8], place: Place) -> NodeId {
        match self.subsection(parent, name) {
            Some(found) => found,
            None => self.insert(parent, name, None, place),
        }
    }

    /// Adds a relation after those of the same name.
    pub(super) fn add_relation(&mut self, parent: NodeId, name: &[u8], value: &[u8], place: Place) -> NodeId {
        self.insert(parent, name, Some(value.into()), place)
    }

    pub(super) fn make_final(&mut self, id: NodeId) {
        if let Some(node) = self.nodes.get_mut(id.0) {
            node.is_final = true;
        }
    }

    fn insert(&mut self, parent: NodeId, name: &[u8], value: Option<Box<[u8]>>, place: Place) -> NodeId {
        let id = NodeId(self.nodes.len());
        let at = self.node(parent).map_or(0, |p| {
            p.children.partition_point(|&child| self.node(child).is_some_and(|n| *n.name <= *name))
        });
        self.nodes.push(Node {
            name: name.into(),
            value,
            is_final: false,
            place,
            parent: Some(parent),
            children: Vec::new(),
        });
        if let Some(p) = self.nodes.get_mut(parent.0) {
            p.children.insert(at, id);
        }
        id
    }
}
