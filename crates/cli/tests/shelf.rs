//! Files of items, centres and stock.

use crate::desk::Desk;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::Value;
use std::sync::Arc;

const ITEMS: &str = "\
item_id,name,category,class,oversell_max,weight_grams,price_minor
milk,\"Oat milk, 1 l\",DAIRY/PLANT MILK,,,1050,349
bread,Rye bread,BAKERY,tolerant,2,,520
,Nameless,BAKERY,,,,1
honey,Honey,DAIRY,strict,4,,900
";

const CENTERS: &str = "\
name,center_id,merchant_id,lat,lng,hours,address
Irving St,c17,m8,37.763858,-122.471122,mon-fri 07:00-22:00,\"1200 Irving St, 94122\"
Noriega St,c18,m8,37.754,-122.48,,
Nowhere,c19,m8,137,0,,
";

fn counts(said: &Value) -> [u64; 4] {
    ["lines", "changed", "known", "refused"].map(|name| said[name].as_u64().unwrap())
}

fn imports(desk: &Desk, line: &str) -> [u64; 4] {
    counts(&desk.types(&format!("{line} --json")).json())
}

/// A desk with two items and two centres.
fn with_shelves() -> Desk {
    let desk = Desk::new();
    desk.holds("items.csv", ITEMS.as_bytes());
    desk.holds("centers.csv", CENTERS.as_bytes());
    assert_eq!(imports(&desk, "import items items.csv"), [4, 2, 0, 2]);
    assert_eq!(imports(&desk, "import centers centers.csv"), [3, 2, 0, 1]);
    desk
}

/// D3: items and centres come from files; the same file again changes nothing; what is wrong is
/// named by its line.
#[test]
fn items_and_centres_come_from_files() {
    let desk = with_shelves();
    let again = desk.types("import items items.csv --market sf");
    assert_eq!(again.code, 0);
    assert!(again.err.contains("line 4: /item_id is missing"), "{}", again.err);
    assert!(again.err.contains("line 5: /oversell_max 4 is not within 0 and 0"), "{}", again.err);
    assert_eq!(imports(&desk, "import items items.csv"), [4, 0, 2, 2]);
    let centers = desk.types("import centers centers.csv");
    assert!(centers.err.contains("line 4: /lat "), "{}", centers.err);
    desk.holds("wrong.csv", b"item_id,category\n");
    let wrong = desk.types("import items wrong.csv");
    assert_ne!(wrong.code, 0);
    assert!(wrong.err.contains("names no column name"), "{}", wrong.err);
    desk.holds("empty.csv", b"");
    assert_eq!(imports(&desk, "import stock empty.csv"), [0; 4]);
}

/// D11: stock comes from files, packed or plain; each line is a movement, once.
#[test]
fn stock_comes_from_files() {
    let desk = with_shelves();
    let lines =
        "quantity,center_id,item_id\n7,c17,milk\n2,c18,bread\n3,c17,milk\nx,c17,milk\n1,c20,milk\n";
    let packed = zstd::encode_all(lines.as_bytes(), 3).unwrap();
    desk.holds("stock.csv.zst", &packed);
    assert_eq!(imports(&desk, "import stock stock.csv.zst"), [5, 3, 0, 2]);
    assert_eq!(imports(&desk, "import stock stock.csv.zst"), [5, 0, 3, 2]);
    let said = desk.types("import stock stock.csv.zst").err;
    for told in
        ["line 5: /quantity \"x\" is not a whole number", "line 6: /center_id \"c20\" is not"]
    {
        assert!(said.contains(told), "{said}");
    }
    desk.holds("counted.csv", b"center_id,item_id,quantity\nc17,milk,4\nc17,bread,0\n");
    assert_eq!(imports(&desk, "import stock counted.csv --count"), [2, 2, 0, 0]);
    let shown = desk.types("stock show c17 milk --json").json();
    assert_eq!(shown["quantity"], 4, "{shown}");
    let kinds: Vec<&str> = shown["movements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|movement| movement["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["counted", "received"]);
    let letters = desk.types("dead-letters list --topic stock-imports --json").json();
    let letter = &letters["data"][0];
    let (file, number) = (&letter["line"]["file"], &letter["line"]["number"]);
    assert_eq!((file, number), (&"stock.csv.zst".into(), &5.into()), "{letters}");
    desk.holds("mended.csv", b"c17,milk,5\n");
    let name = letter["letter_id"].as_str().unwrap();
    for code in [0, 1] {
        let replayed = desk.types(&format!("dead-letters replay {name} --with mended.csv"));
        assert_eq!(i32::from(replayed.code != 0), code, "{}", replayed.err);
    }
    assert_eq!(desk.types("stock show c17 milk --json").json()["quantity"], 9);
    assert_eq!(desk.types("check").code, 0);
}

/// D11: the same of Parquet.
#[test]
fn stock_comes_from_parquet() {
    let desk = with_shelves();
    let path = desk.path("stock.parquet");
    let schema = "message stock { required binary item_id (UTF8); required int64 quantity; \
                  required binary center_id (UTF8); }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut texts = |texts: [&str; 2]| {
        let mut column = group.next_column().unwrap().unwrap();
        let texts = texts.map(ByteArray::from);
        column.typed::<ByteArrayType>().write_batch(&texts, None, None).unwrap();
        column.close().unwrap();
    };
    texts(["milk", "bread"]);
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&[11, 5], None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let centers = ["c17", "c18"].map(ByteArray::from);
    column.typed::<ByteArrayType>().write_batch(&centers, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    assert_eq!(imports(&desk, "import stock stock.parquet"), [2, 2, 0, 0]);
    assert_eq!(desk.types("stock show c17 milk --json").json()["quantity"], 11);
}
