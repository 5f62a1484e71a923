#include "market/log_keys.h"

#include <unistd.h>

#include "log_folder.h"

namespace bourse::boursed {
namespace {

using base::Errc;

class LogKeysTest : public LogFolder {};

TEST_F(LogKeysTest, AreMadeAtTheFirstStartAndReadAtTheNext) {
  const auto made = load_or_create_log_keys(files_, service_);
  ASSERT_TRUE(made.ok()) << made.error().text;
  EXPECT_EQ(made->origin(), "bourse.example.org/commons");
  ASSERT_EQ(made->signers.size(), 1U);
  EXPECT_EQ(mode(files_.key), 0600U);
  EXPECT_EQ(mode(files_.verifiers), 0644U);
  EXPECT_EQ(content(files_.key), made->signers[0].text() + '\n');
  EXPECT_EQ(content(files_.verifiers), made->signers[0].verifier().text() + '\n');

  const auto read = load_or_create_log_keys(files_, service_);
  ASSERT_TRUE(read.ok()) << read.error().text;
  EXPECT_EQ(verifiers_text(*read), verifiers_text(*made));
}

TEST_F(LogKeysTest, AreNotMadeTwice) {
  ASSERT_TRUE(create_log_keys(files_, service_).ok());
  const auto before = content(files_.key);
  EXPECT_EQ(create_log_keys(files_, service_).error().code, Errc::kConflict);
  EXPECT_EQ(content(files_.key), before);
}

TEST_F(LogKeysTest, ThatAreMissedAreNotMadeAnew) {
  const auto keys = create_log_keys(files_, service_);
  ASSERT_TRUE(keys.ok());
  (void)sign(*keys, 7);
  std::filesystem::remove(files_.key);
  const auto again = load_or_create_log_keys(files_, service_);
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.error().text.find("put the key back"), std::string::npos) << again.error().text;
  EXPECT_NE(again.error().text.find("accept-rollback"), std::string::npos);
  EXPECT_FALSE(there(files_.key));
}

TEST_F(LogKeysTest, WhoseVerifiersWereLostWriteThemAgain) {
  const auto keys = create_log_keys(files_, service_);
  ASSERT_TRUE(keys.ok());
  write(files_.verifiers, "something else\n", 0644);
  ASSERT_TRUE(load_or_create_log_keys(files_, service_).ok());
  EXPECT_EQ(content(files_.verifiers), verifiers_text(*keys));
}

TEST_F(LogKeysTest, ThatOthersMayReadAreRefused) {
  ASSERT_TRUE(create_log_keys(files_, service_).ok());
  ::chmod(files_.key.c_str(), 0640);
  const auto read = load_or_create_log_keys(files_, service_);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Errc::kForbidden);
  EXPECT_NE(read.error().text.find("chmod 600"), std::string::npos) << read.error().text;
}

struct Damage {
  const char* name;
  std::string (*make)(const std::string& good);
  const char* begins;  // after the file's name
};
std::string key_of(const char* name) { return new_log_key(name)->text() + '\n'; }

class DamagedKeys : public LogFolder, public testing::WithParamInterface<Damage> {};
TEST_P(DamagedKeys, AreRefusedWithTheirLineAndNothingOfThem) {
  ASSERT_TRUE(create_log_keys(files_, service_).ok());
  const auto good = content(files_.key);
  const auto bad = GetParam().make(good);
  write(files_.key, bad);
  const auto read = load_or_create_log_keys(files_, service_);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().text.rfind(files_.key + GetParam().begins, 0), 0U) << read.error().text;
  for (const auto& line : {good, bad}) {
    const auto secret = line.substr(std::min(line.size(), line.rfind('+') + 1));
    if (secret.size() <= 8) continue;
    EXPECT_EQ(read.error().text.find(secret.substr(0, 8)), std::string::npos);
  }
  EXPECT_EQ(content(files_.key), bad) << "left as it is";
}
INSTANTIATE_TEST_SUITE_P(
    Table, DamagedKeys,
    testing::Values(
        Damage{"empty", [](const std::string&) { return std::string(); }, ": is empty"},
        Damage{"garbage", [](const std::string&) { return std::string("hello\n"); }, ":1: "},
        Damage{"binary", [](const std::string&) { return std::string(3000, '\xff'); }, ":1: "},
        Damage{"cut", [](const std::string& good) { return good.substr(0, good.size() / 2); }, ":1: "},
        Damage{"empty_line", [](const std::string& good) { return good + "\n" + good; }, ":2: "},
        Damage{"twice", [](const std::string& good) { return good + good; }, ":2: the same key"},
        Damage{"other_pool", [](const std::string&) { return key_of("bourse.example.org/other"); },
               ":1: it is the key of the log 'bourse.example.org/other'"},
        Damage{"longer_pool", [](const std::string&) { return key_of("bourse.example.org/commons2"); },
               ":1: it is the key of the log "},
        Damage{"other_service", [](const std::string&) { return key_of("evil.example.org/commons"); },
               ":1: it is the key of the log "},
        Damage{"first_generation", [](const std::string&) { return key_of("bourse.example.org/commons/1"); },
               ":1: it is the key of the log "},
        Damage{"padded", [](const std::string&) { return key_of("bourse.example.org/commons/02"); },
               ":1: it is the key of the log "},
        Damage{"generations", [](const std::string& good) { return good + key_of("bourse.example.org/commons/2"); },
               ":2: it is the key of the log "},
        Damage{"witness",
               [](const std::string&) {
                 return audit::NoteSigner::make("bourse.example.org/commons", audit::SignatureType::kCosignature,
                                                base::SigningKey::generate())
                            ->text() +
                        '\n';
               },
               ":1: a witness's key"},
        Damage{"many",
               [](const std::string&) {
                 std::string all;
                 for (std::size_t i = 0; i <= kMostLogKeys; ++i) all += key_of("bourse.example.org/commons");
                 return all;
               },
               ":17: more than 16 keys"}),
    [](const auto& at) { return at.param.name; });

TEST_F(LogKeysTest, Rotate) {
  const auto old = create_log_keys(files_, service_);
  ASSERT_TRUE(old.ok());
  EXPECT_EQ(finish_log_rotation(files_, service_).error().code, Errc::kConflict) << "there is one key";

  const auto both = rotate_log_keys(files_, service_);
  ASSERT_TRUE(both.ok()) << both.error().text;
  ASSERT_EQ(both->signers.size(), 2U);
  EXPECT_EQ(both->origin(), old->origin());
  EXPECT_NE(both->signers[0].verifier().id(), old->signers[0].verifier().id());
  EXPECT_EQ(both->signers[1].verifier().text(), old->signers[0].verifier().text());
  EXPECT_EQ(content(files_.verifiers), verifiers_text(*both));
  EXPECT_EQ(mode(files_.key), 0600U);
  EXPECT_EQ(rotate_log_keys(files_, service_).error().code, Errc::kConflict) << "one at a time";

  (void)sign(*old, 3);
  const auto early = finish_log_rotation(files_, service_);
  ASSERT_FALSE(early.ok()) << "the new key has not signed yet";
  EXPECT_EQ(early.error().code, Errc::kConflict);
  (void)sign(*both, 4);
  const auto finished = finish_log_rotation(files_, service_);
  ASSERT_TRUE(finished.ok()) << finished.error().text;
  ASSERT_EQ(finished->signers.size(), 1U);
  EXPECT_EQ(content(files_.key), both->signers[0].text() + '\n');
  EXPECT_EQ(content(files_.verifiers), both->signers[0].verifier().text() + '\n');
}

TEST_F(LogKeysTest, ThatWereRotatedOutAreFormerOnes) {
  const auto first = create_log_keys(files_, service_);
  ASSERT_TRUE(first.ok());
  for (const std::size_t rotations : {1U, 2U}) {
    const auto both = rotate_log_keys(files_, service_);
    ASSERT_TRUE(both.ok()) << both.error().text;
    const auto before = former_log_keys(files_);
    ASSERT_TRUE(before.ok());
    EXPECT_EQ(before->size(), rotations - 1) << "it signs as well";
    (void)sign(*both, rotations);
    ASSERT_TRUE(finish_log_rotation(files_, service_).ok());
    const auto former = former_log_keys(files_);
    ASSERT_TRUE(former.ok()) << former.error().text;
    ASSERT_EQ(former->size(), rotations);
    EXPECT_EQ(former->back().text(), both->signers[1].verifier().text());
  }
  EXPECT_EQ(former_log_keys(files_)->front().text(), first->signers[0].verifier().text());
}

TEST_F(LogKeysTest, FormerOnesAreRememberedOnce) {
  const auto keys = create_log_keys(files_, service_);
  ASSERT_TRUE(keys.ok());
  const auto one = keys->signers[0].verifier();
  const auto two = new_log_key("bourse.example.org/commons/4")->verifier();
  write(files_.former, one.text(), 0644);  // by hand, without an end of the line
  const std::vector<audit::NoteVerifier> both{one, two, two};
  ASSERT_TRUE(remember_former_log_keys(files_, both).ok());
  EXPECT_EQ(content(files_.former), one.text() + '\n' + two.text() + '\n');
  EXPECT_EQ(next_generation(both, service_, files_), 5U);
}

TEST_F(LogKeysTest, OfPoolsWhoseNamesAreNoFilesAreRefused) {
  for (const char* name : {"", ".", "..", ".hidden", "a/b", "../commons", "two words", "line\n", "\x7f"}) {
    EXPECT_FALSE(log_files(folder_, {name}).ok()) << name;
  }
  EXPECT_FALSE(log_files(folder_, {std::string(65, 'a')}).ok());
  EXPECT_TRUE(log_files(folder_, {"gpu-2.lab"}).ok());
  const auto plus = log_files(folder_, {"a+b"});
  ASSERT_TRUE(plus.ok());
  EXPECT_EQ(create_log_keys(*plus, service_).error().code, Errc::kBadRequest) << "no name of a key";
}

TEST_F(LogKeysTest, TheirFolderIsMadeAndMustNotBeOthersToChange) {
  const auto inner = folder_ + "/audit";
  ASSERT_TRUE(prepare_log_directory(inner).ok());
  ASSERT_TRUE(prepare_log_directory(inner).ok()) << "it is there";
  ::chmod(inner.c_str(), 0777);
  const auto open_to_all = prepare_log_directory(inner);
  ASSERT_FALSE(open_to_all.ok());
  EXPECT_EQ(open_to_all.error().code, Errc::kForbidden);
  write(folder_ + "/file", "");
  EXPECT_FALSE(prepare_log_directory(folder_ + "/file").ok());
  EXPECT_FALSE(prepare_log_directory(folder_ + "/missing/audit").ok());
}

}  // namespace
}  // namespace bourse::boursed
