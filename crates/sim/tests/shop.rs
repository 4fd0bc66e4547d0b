//! The shop: real where the data is, and always the same.

use doorstep_sim::shop::{STORES, Shop};
use doorstep_sim::trips::data_folder;
use std::collections::BTreeSet;
use std::path::Path;

const SEED: u64 = 24;

fn holds(shop: &Shop) {
    assert_eq!(shop.centers.len(), STORES);
    let spots: BTreeSet<_> =
        shop.centers.iter().map(|c| (c.position.lat_e7, c.position.lng_e7)).collect();
    assert_eq!(spots.len(), STORES, "each store is somewhere else");
    let ids: BTreeSet<_> = shop.items.iter().map(|item| &item.id).collect();
    assert_eq!(ids.len(), shop.items.len());
    assert!(shop.items.iter().all(|item| item.price_minor > 0 && !item.name.is_empty()));
    assert!(shop.baskets.is_sorted_by_key(|basket| basket.at));
    for basket in &shop.baskets {
        let different: BTreeSet<_> = basket.lines.iter().map(|line| line.item).collect();
        assert_eq!(different.len(), basket.lines.len(), "{}", basket.id);
        assert!((1..=100).contains(&basket.lines.len()), "{}", basket.id);
        assert!(basket.lines.iter().all(|line| (1..=50).contains(&line.quantity)));
        let store = &shop.centers[basket.center];
        assert!(basket.home.position.distance_m(store.position) <= 3_000.0);
    }
    let bought: i64 =
        shop.baskets.iter().flat_map(|basket| &basket.lines).map(|line| line.quantity).sum();
    let stocked: i64 = shop.stock(SEED).iter().map(|(_, _, units)| units).sum();
    assert!(stocked < bought && stocked > bought * 95 / 100, "{stocked} of {bought}");
}

#[test]
fn a_made_up_shop_holds_and_repeats() {
    let shop = Shop::made_up(SEED, 3);
    holds(&shop);
    assert_eq!(shop, Shop::made_up(SEED, 3));
    assert_ne!(shop, Shop::made_up(SEED + 1, 3));
}

#[test]
fn the_real_shop_is_what_the_data_says() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let Some(folder) = data_folder(&workspace) else {
        let required = std::env::var_os("DOORSTEP_DATA_REQUIRED").is_some();
        assert!(!required, "the real data is required and was not found");
        eprintln!("skipped: no real data");
        return;
    };
    let shop = Shop::real(&folder, SEED).unwrap();
    holds(&shop);
    assert!(shop.is_real);
    assert_eq!(shop.items.len(), 22_317, "one product is missing from the catalogue");
    let lines: usize = shop.baskets.iter().map(|basket| basket.lines.len()).sum();
    assert!((112_000..=112_337).contains(&lines), "{lines}");
}
