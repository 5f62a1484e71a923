#include "market/checkpoint_file.h"

#include <unistd.h>

#include "log_folder.h"

namespace bourse::boursed {
namespace {

using base::Errc;

class CheckpointFileTest : public LogFolder {
 protected:
  CheckpointFile file_{files_.last};
};

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
    EXPECT_FALSE(there(files_.last + ".new"));
  }
}

TEST_F(CheckpointFileTest, MindsNothingThatACrashLeft) {
  ASSERT_TRUE(file_.keep("kept\n").ok());
  write(files_.last + ".new", "half a no", 0644);
  EXPECT_EQ(*file_.last(), "kept\n") << "a draft counts for nothing";
  ASSERT_TRUE(file_.keep("next\n").ok());
  EXPECT_EQ(*file_.last(), "next\n");
  EXPECT_EQ(mode(files_.last), 0600U) << "the draft's mode is not taken over";
  EXPECT_FALSE(there(files_.last + ".new"));
}

TEST_F(CheckpointFileTest, FollowsNoLinkThatWaitsInTheDraftsPlace) {
  write(folder_ + "/victim", "untouched");
  ASSERT_EQ(::symlink((folder_ + "/victim").c_str(), (files_.last + ".new").c_str()), 0);
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
