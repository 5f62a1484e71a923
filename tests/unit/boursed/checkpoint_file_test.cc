#include "market/checkpoint_file.h"

#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "log_folder.h"

namespace bourse::boursed {
namespace {

using base::Errc;

class CheckpointFileTest : public LogFolder {
 protected:
  const std::string draft_ = files_.last + ".new-" + std::to_string(::getpid());
  CheckpointFile file_{files_.last};
};

// What another process does meanwhile; whether it says that all went well.
bool in_another_process(const std::function<bool()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work() ? 0 : 1);
  int status = 0;
  return ::waitpid(child, &status, 0) == child && status == 0;
}

TEST_F(CheckpointFileTest, GivesBackWhatItKeeps) {
  const auto none = file_.last();
  ASSERT_TRUE(none.ok()) << none.error().text;
  EXPECT_FALSE(none->has_value());
  for (const std::string note : {"first\n", "the second one is longer\n", "3\n"}) {
    ASSERT_TRUE(file_.keep(note).ok());
    const auto last = CheckpointFile(files_.last).last();
    ASSERT_TRUE(last.ok()) << last.error().text;
    EXPECT_EQ(*last, note) << "without anything of the one before";
    EXPECT_EQ(mode(files_.last), 0600U);
    EXPECT_FALSE(there(draft_));
  }
}

TEST_F(CheckpointFileTest, MindsNothingThatACrashLeft) {
  ASSERT_TRUE(file_.keep("kept\n").ok());
  write(draft_, "half a no", 0644);
  EXPECT_EQ(*file_.last(), "kept\n") << "a draft counts for nothing";
  ASSERT_TRUE(file_.keep("next\n").ok());
  EXPECT_EQ(*file_.last(), "next\n");
  EXPECT_EQ(mode(files_.last), 0600U) << "the draft's mode is not taken over";
  EXPECT_FALSE(there(draft_));
}

TEST_F(CheckpointFileTest, FollowsNoLinkThatWaitsInTheDraftsPlace) {
  write(folder_ + "/victim", "untouched");
  ASSERT_EQ(::symlink((folder_ + "/victim").c_str(), draft_.c_str()), 0);
  ASSERT_TRUE(file_.keep("note\n").ok());
  EXPECT_EQ(content(folder_ + "/victim"), "untouched");
  EXPECT_EQ(*file_.last(), "note\n");
}

TEST_F(CheckpointFileTest, IsNotBelievedWhenOthersMayWriteIt) {
  ASSERT_TRUE(file_.keep("kept\n").ok());
  for (const mode_t open_to_others : {0620U, 0602U, 0666U}) {
    ::chmod(files_.last.c_str(), open_to_others);
    const auto last = file_.last();
    ASSERT_FALSE(last.ok()) << std::oct << open_to_others;
    EXPECT_EQ(last.error().code, Errc::kForbidden);
    EXPECT_NE(last.error().text.find("chmod go-w"), std::string::npos) << last.error().text;
  }
  ::chmod(files_.last.c_str(), 0644);
  EXPECT_TRUE(file_.last().ok()) << "it is no secret";
}

TEST_F(CheckpointFileTest, ReadsAndWritesNoMoreThanANoteCanHave) {
  EXPECT_EQ(file_.keep(std::string(kMostCheckpointBytes + 1, 'a')).error().code, Errc::kPayloadTooBig);
  EXPECT_FALSE(there(files_.last));
  write(files_.last, std::string(kMostCheckpointBytes + 1, 'a'));
  EXPECT_EQ(file_.last().error().code, Errc::kPayloadTooBig);
  ASSERT_TRUE(file_.keep(std::string(kMostCheckpointBytes, 'a')).ok());
  EXPECT_TRUE(file_.last().ok());
}

TEST_F(CheckpointFileTest, NeverGoesBack) {
  const auto keys = load_or_create_log_keys(files_, service_);
  ASSERT_TRUE(keys.ok());
  const auto& key = keys->signers.front();
  const auto note = [&](std::uint64_t size, unsigned char root, const std::string& origin = "") {
    audit::Hash hash{};
    hash[0] = root;
    return audit::sign_checkpoint({origin.empty() ? keys->origin() : origin, size, hash, {}}, key);
  };
  const auto twenty = note(20, 1);
  ASSERT_TRUE(file_.keep(twenty).ok());
  for (const auto& other : {note(19, 1), note(20, 2)}) {
    EXPECT_EQ(file_.keep(other).error().code, Errc::kConflict) << other;
    EXPECT_EQ(*file_.last(), twenty);
  }
  EXPECT_TRUE(file_.keep(twenty).ok()) << "half written before";
  EXPECT_TRUE(file_.keep(note(21, 2)).ok());
}

TEST_F(CheckpointFileTest, WaitsForNoOtherProcessThatKeepsOne) {
  {
    const auto other = FileLock::take(files_.last + ".lock", FileLock::Kind::kExclusive);
    ASSERT_TRUE(other.ok()) << other.error().text;
    EXPECT_EQ(file_.keep("note\n").error().code, Errc::kConflict);
    EXPECT_FALSE(there(files_.last));
  }
  EXPECT_TRUE(file_.keep("note\n").ok());
}

TEST_F(CheckpointFileTest, IsNotTornByTwoThatWriteIt) {
  // What the other one has half written stays as it is.
  ASSERT_TRUE(in_another_process([&] {
    write(files_.last + ".new", "half of another's", 0600);
    write(files_.last + ".new-" + std::to_string(::getpid()), "half of another's", 0600);
    return true;
  }));
  ASSERT_TRUE(file_.keep("mine\n").ok());
  std::size_t drafts = 0;
  for (const auto& each : std::filesystem::directory_iterator(folder_)) {
    if (each.path().string().starts_with(files_.last + ".new")) ++drafts;
  }
  EXPECT_EQ(drafts, 2U);
}

TEST_F(CheckpointFileTest, SaysWhatTheDiskSays) {
  std::filesystem::create_directory(files_.last);
  EXPECT_FALSE(file_.last().ok());
  EXPECT_FALSE(file_.keep("note\n").ok());
  CheckpointFile nowhere(folder_ + "/missing/commons.last");
  EXPECT_TRUE(nowhere.last().ok());
  EXPECT_FALSE(nowhere.keep("note\n").ok());
}

}  // namespace
}  // namespace bourse::boursed
