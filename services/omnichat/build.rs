//! Has the web app embedded anew when it was built anew.

use std::fs::create_dir_all;

const APP: &str = "../../web/dist";

fn main() {
    // A folder that is not there would count as changed each time. Where none can be made, that is how it is.
    let _made = create_dir_all(APP);
    println!("cargo:rerun-if-changed={APP}");
}
