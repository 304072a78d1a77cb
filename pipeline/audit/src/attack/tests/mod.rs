mod described;
mod joint;
mod made;
mod releases;
mod sceptic;
mod world;
mod worlds;
