import { meetingPath, navigate } from '../../router';
import type { Me } from '../../types';
import { ScreenHeading } from '../../ui/heading';
import { MeetingEditor } from './meeting-editor';

/** A new meeting: when and where; the cases come on its agenda later. */
export default function NewMeeting(_: { readonly me: Me }) {
  return (
    <>
      <ScreenHeading>新しい会議</ScreenHeading>
      <p>
        日時と場所を決めます。招集する人と議題のケースは、保存した後に加えます。名称には、ケースや人の名前を書かないでください。
      </p>
      <MeetingEditor
        meeting={null}
        onSaved={({ meetingId }) => navigate(meetingPath(meetingId))}
        onCancel={() => navigate('#/meetings')}
      />
    </>
  );
}
