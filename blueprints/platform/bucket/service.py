"""bucket as one declaration; every realm has it."""
from app.data.person_rows import ANONYMOUS, ERASED, exported, rows_of_people
from app.http.private_files import UsableFiles
from app.ops.mends import Mend
from app.service import EVERY_REALM, ServiceDeclaration
from blueprints.platform.bucket import checks, jobs, subscribers
from blueprints.platform.bucket.models import BucketFile, UploadCount
from blueprints.platform.bucket.queries import exported_file, own_files, usable_files
from blueprints.platform.bucket.queues import PICTURES

SERVICE = ServiceDeclaration(
    name="bucket", version="1.0.0", description="Uploaded pictures and documents: public, or private.",
    realms=EVERY_REALM, path="bucket",
    routes="blueprints.platform.bucket.routes.routes_in",
    background=(jobs, subscribers),
    checks={"pictures": checks.pictures, "media": checks.check_media},
    mends={"media": Mend("removes the stored files that belong to no upload and no export", checks.mend_media)},
    queues={"pictures": PICTURES},
    cli=("cli.media",),
    persons=(
        rows_of_people(BucketFile, ANONYMOUS, "owner_id", why="the own buckets are emptied; the common one stays",
                       export=exported("files", where=own_files, file=exported_file, without=(
                           "storage_name", "due_at", "attempts", "last_error", "prepared_at", "held"))),
        rows_of_people(UploadCount, ERASED, "owner_id", export="a count of one day's uploads"),
    ),
    hands_down=(UsableFiles(usable_files),),
)
