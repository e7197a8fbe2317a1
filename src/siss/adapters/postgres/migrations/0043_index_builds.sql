-- How large each index was, by rows, right after it was built anew: what that would gain is seen by this.
CREATE TABLE index_builds (
    name          text PRIMARY KEY,
    bytes_per_row double precision NOT NULL
);
