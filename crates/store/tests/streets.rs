//! Streets: put in place by identifier, measured as a whole, given back as they came.

use crate::engines::{lane, on_each_engine};
use doorstep_domain::tracking::Position;
use doorstep_store::Store;
use doorstep_store::street::{self, Extent, HouseNumbers, StreetMap, StreetRow};

fn place(lat_e7: i32, lng_e7: i32) -> Position {
    Position { lat_e7, lng_e7 }
}

fn bare(id: &str, line: Vec<Position>) -> StreetRow {
    StreetRow {
        street: id.to_owned(),
        name: format!("{id} street"),
        class: "residential".to_owned(),
        left: None,
        right: None,
        zip: None,
        from_node: None,
        to_node: None,
        line,
    }
}

fn full(id: &str) -> StreetRow {
    StreetRow {
        left: Some(HouseNumbers { first: 99, last: 1 }),
        right: Some(HouseNumbers { first: 2, last: 98 }),
        zip: Some("94114".to_owned()),
        from_node: Some(-7),
        to_node: Some(i64::MAX),
        ..bare(id, vec![place(-1, i32::MIN), place(5, 9), place(i32::MAX, 3)])
    }
}

fn puts(store: &Store, market: &'static str, rows: Vec<StreetRow>) -> StreetMap {
    store
        .lane(&lane("streets"), move |tx| {
            street::put(tx, market, &rows)?;
            street::refresh(tx, market)
        })
        .unwrap()
}

fn all(store: &Store, market: &str) -> Vec<StreetRow> {
    let mut rows = Vec::new();
    store
        .read(|tx| {
            street::each(tx, market, &mut |row| {
                rows.push(row);
                Ok(())
            })
        })
        .unwrap();
    rows
}

#[test]
fn a_street_comes_back_as_it_was_put_and_is_replaced_by_its_identifier() {
    on_each_engine(|at| {
        let store = at.open();
        let rows = vec![full("a"), bare("b", vec![place(0, 0), place(1, 1)])];
        puts(&store, "sf", rows.clone());
        puts(&store, "ny", vec![bare("a", vec![place(0, 0), place(2, 2)])]);
        assert_eq!(all(&store, "sf"), rows);
        let renamed = StreetRow { name: "Rue É".to_owned(), left: None, ..full("a") };
        puts(&store, "sf", vec![renamed.clone()]);
        assert_eq!(all(&store, "sf"), [renamed, rows[1].clone()]);
        assert_eq!(all(&store, "ny").len(), 1);
    });
}

#[test]
fn a_map_knows_its_extent_and_grows_its_revision() {
    on_each_engine(|at| {
        let store = at.open();
        let map = || store.read(|tx| street::map(tx, "sf")).unwrap();
        assert_eq!(map(), None);
        let first = puts(&store, "sf", vec![bare("a", vec![place(-3, 4), place(1, -2)])]);
        let extent = Extent { south_west: place(-3, -2), north_east: place(1, 4) };
        assert_eq!(first, StreetMap { revision: 1, streets: 1, extent: Some(extent) });
        assert_eq!(map(), Some(first));
        let second = puts(&store, "sf", vec![bare("b", vec![place(0, 9), place(0, 0)])]);
        assert_eq!((second.revision, second.streets), (2, 2));
        assert_eq!(second.extent.unwrap().north_east, place(1, 9));
        let emptied = store.lane(&lane("streets"), |tx| {
            street::clear(tx, "sf")?;
            street::refresh(tx, "sf")
        });
        assert_eq!(emptied, Ok(StreetMap { revision: 3, streets: 0, extent: None }));
        assert_eq!(map().unwrap(), emptied.unwrap());
    });
}
