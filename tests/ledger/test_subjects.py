"""Records are found by subject, without reading all headers."""

from sqlalchemy import text
from support.ledgers import Clock, buckets, configuration, entry, raw

from collector.ledger import schema
from collector.ledger.bodies import attestation_entry
from collector.ledger.store import Ledger


def filled(ledger):
    ledger.append([configuration()])
    for number in range(3):
        ledger.append([entry(buckets(number + 1), population="s3.buckets")])
        ledger.append([entry(buckets(number + 1), population="kms.keys")])
    ledger.append([attestation_entry("access_review", {"number": 1}, ("ACC-3",))])
    ledger.append([attestation_entry("access_request", {"number": 2}, ("ACC-4",))])
    return ledger


def test_headers_of_a_subject_come_newest_first_and_from_before_a_record(ledger):
    with filled(ledger).read() as reader:
        (subject,) = {h.subject for h in reader.headers_of("aws:123456789012/kms.keys", reader.size)}
        assert [h.seq for h in reader.headers_of(subject, reader.size)] == [6, 4, 2]
        assert [h.seq for h in reader.headers_of(subject, 4)] == [2]
        assert list(reader.headers_of("aws:123456789012/kms", reader.size)) == []


def test_the_newest_header_of_each_of_many_subjects_is_found(ledger):
    with filled(ledger).read() as reader:
        subjects = [f"aws:123456789012/{n}" for n in range(1200)]
        subjects += ["aws:123456789012/kms.keys", "aws:123456789012/s3.buckets"]
        found = {h.subject: h.seq for h in reader.newest_headers(subjects)}
    assert found == {"aws:123456789012/kms.keys": 6, "aws:123456789012/s3.buckets": 5}


def test_attestations_of_every_type_are_found_in_order_of_record(ledger):
    with filled(ledger).read() as reader:
        found = [(h.seq, h.subject) for h in reader.attestation_headers()]
    assert found == [(7, "attestation/access_review"), (8, "attestation/access_request")]


def test_finding_by_subject_reads_the_index_and_not_the_table(ledger, database):
    filled(ledger)
    element = schema.HeaderSubject()
    with raw(database).connect() as connection:
        expression = str(element.compile(dialect=connection.dialect))
        query = f"SELECT seq FROM records WHERE {expression} = 'x' AND seq < 5 ORDER BY seq DESC"
        if database.startswith("sqlite"):
            plan = str(connection.execute(text(f"EXPLAIN QUERY PLAN {query}")).all())
        else:
            connection.execute(text("SET enable_seqscan = off"))
            plan = str(connection.execute(text(f"EXPLAIN {query}")).all())
    assert "records_subject" in plan


def test_a_header_that_is_no_json_does_not_keep_others_from_being_found(ledger, database, key):
    with raw(database).begin() as connection:
        # Whoever holds the database can write this; verification reports it, reading by subject goes on.
        connection.execute(schema.records.insert().values(seq=900, header=b"\xff not JSON"))
    with filled(Ledger.open(database, "test-1", key, Clock())).read() as reader:
        assert len(list(reader.headers_of("aws:123456789012/kms.keys", reader.size))) == 3
