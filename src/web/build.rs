//! Lets the crate build without the screens: makes the folder that they would be in.
//!
//! It builds nothing and asks for no tool. `npm run build` in `src/web/ui` fills the folder; a
//! change there, or in the migrations, makes Cargo take the files in again.

#![allow(clippy::print_stdout, reason = "this is how a build script speaks to Cargo")]

fn main() {
    std::fs::create_dir_all("src/web/ui/dist").expect("src/web/ui/dist can be made");
    println!("cargo:rerun-if-changed=src/web/build.rs");
    println!("cargo:rerun-if-changed=src/web/ui/dist");
    println!("cargo:rerun-if-changed=src/store/migrations");
}
